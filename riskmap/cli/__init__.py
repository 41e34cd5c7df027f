"""The command line. One file a family of commands; each registers itself with `app`.

Exit codes: 0 done · 1 not done, with what, where and remedy on stderr · 2 wrong use of the command.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys

import typer
from pydantic import ValidationError

from riskmap.errors import Problem, SetupError

app = typer.Typer(
    name="riskmap",
    help="城市风险一张图 · the city's risks on one map",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

COMMANDS = ("serve", "db", "grading", "data", "demo", "snapshot", "backup", "audit", "user", "key", "doctor", "bundle")


def load() -> typer.Typer:
    """`app` with every command registered."""
    for name in COMMANDS:
        if importlib.util.find_spec(f"riskmap.cli.{name}"):
            importlib.import_module(f"riskmap.cli.{name}")
    return app


def tell(problem: Problem) -> None:
    """A problem as a person reads it in a terminal."""
    print(f"✗ {problem.title}", file=sys.stderr)
    if problem.where:
        print(f"  位置 where:  {problem.where}", file=sys.stderr)
    if problem.remedy:
        first, *more = problem.remedy.splitlines()
        print(f"  办法 remedy: {first}", file=sys.stderr)
        for line in more:
            print(f"               {line}", file=sys.stderr)


def unsettled(error: ValidationError) -> SetupError:
    """Settings out of their bounds, by the names a person sets."""
    told = [f"RISKMAP_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()]
    return SetupError("设置不合规 A setting is out of bounds", where="; ".join(told), remedy="见 .env.example See .env.example")


def main() -> None:
    """Entry point of `riskmap`."""
    try:
        load()()
    except Problem as problem:
        tell(problem)
        sys.exit(1)
    except ValidationError as error:
        tell(unsettled(error))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
