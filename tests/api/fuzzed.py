"""The product's own description of its API, asked by Schemathesis as one person after another, and every answer held against it."""

from __future__ import annotations

import contextlib
import io
from collections import Counter
from collections.abc import Callable
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks
from schemathesis.generation import GenerationMode
from schemathesis.openapi.checks import UndefinedStatusCode  # noqa: F401  (its module registers what openapi answers are checked for)
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

HELD = [checks.not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance, response_schema_conformance]
GRADED = ("/api/whatif", "/api/cells", "/api/districts", "/api/changes/{id}/effect", "/api/methods", "/api/closings", "/api/incidents/trial")


def tried(
    document: dict[str, Any], send: Callable[..., Any], examples: Callable[[str], int], modes: tuple[str, ...] = ("positive",)
) -> tuple[list[str], Counter[int]]:
    """(what was wrong, statuses seen). `send(method, path, **more)` asks; `examples` says how often an operation is asked; 0 leaves it out."""
    schema = schemathesis.openapi.from_dict(document)
    wrong: list[str] = []
    seen: Counter[int] = Counter()
    for found in schema.get_all_operations():
        operation = found.ok()
        label = f"{operation.method.upper()} {operation.path}"
        if not examples(label):
            continue
        for mode in modes:
            with contextlib.suppress(Exception) if mode == "negative" else contextlib.nullcontext():
                _one(operation, label, GenerationMode(mode), examples(label), send, wrong, seen)
    return wrong, seen


def _one(operation: Any, label: str, mode: GenerationMode, most: int, send: Callable[..., Any], wrong: list[str], seen: Counter[int]) -> None:
    @settings(max_examples=most, deadline=None, database=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def asked(case: Any) -> None:
        more = case.as_transport_kwargs(base_url="https://127.0.0.1")
        wanted = {k: more[k] for k in ("method", "url", "headers", "params", "json", "data", "files") if more.get(k) is not None}
        try:  # as the bytes a client of its own kind sends
            whole = requests.Request(**wanted).prepare()
            headers = {k: v for k, v in whole.headers.items() if k.lower() not in ("cookie", "user-agent", "authorization", "content-length")}
            answer = send(whole.method, whole.url, headers=headers, content=whole.body)
        except (UnicodeError, ValueError, TypeError, AttributeError, requests.RequestException):
            return  # what no client can send
        seen[answer.status_code] += 1
        if answer.status_code == 503 and label.split(" ")[1].startswith(GRADED) and answer.json()["code"] == "unavailable":
            return  # this process has no grader
        with contextlib.redirect_stderr(io.StringIO()):
            try:
                case.validate_response(answer, checks=HELD)
            except BaseExceptionGroup as faults:
                wrong.append(f"{label} {answer.status_code}: {'; '.join(str(f)[:300] for f in faults.exceptions)}")
            except AssertionError as fault:
                wrong.append(f"{label} {answer.status_code}: {str(fault)[:300]}")

    asked()
