"""riskmap demo: the demo city, synthetic and marked 演示数据, through the same registration as everything else."""

from __future__ import annotations

import datetime as dt
import time

from riskmap import catalogue
from riskmap.cli import app
from riskmap.core.actor import OPERATOR
from riskmap.errors import Conflict
from riskmap.flows import demo as journey
from riskmap.flows.grade import full
from riskmap.flows.register import Desk
from riskmap.flows.setup import is_empty, opened
from riskmap.flows.survey import beijing_day
from riskmap.settings import Settings, settings
from riskmap.store.database import Database
from riskmap.store.places import gazetteer


@app.command()
def demo() -> None:
    """在空库中装入演示城市 · load the demo city into an empty database and grade it."""
    given = settings()
    with opened(given) as db:
        if not is_empty(db):
            raise Conflict(
                "库中已有数据，不装入演示城市 / the database holds records, the demo city is not loaded",
                where=given.database_name,
                remedy="换一个库名 RISKMAP_DATABASE_NAME，或先备份再清空 / use another database name",
            )
        load(db, given)


def load(db: Database, given: Settings) -> None:
    """Make, register, grade and remember; says how far it is."""
    begun = time.perf_counter()

    def say(text: str) -> None:
        print(f"  {time.perf_counter() - begun:6.1f} s  {text}", flush=True)

    now = dt.datetime.now(dt.UTC)
    layers = catalogue.load(given.layers_dir, given.data_dir / "codes")
    with db.as_user(OPERATOR) as conn:
        desk = Desk(layers, gazetteer(conn), given.soft_duplicate_m)
        city = journey.make(conn, given.data_dir, beijing_day(now))
    say("演示城市已生成 made")
    journey.load(db, desk, city, OPERATOR, now, say)
    graded = full(db, layers, dt.datetime.now(dt.UTC))
    say(f"已定级 graded, run {graded.run_id}")
    told = journey.remember(db, graded.engine.method, now, beijing_day(now))
    say(f"历史收盘 {told} 条（演示） history")
