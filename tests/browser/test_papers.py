"""The pages of reports, dispatches and the timeline: nothing serious by axe, nothing out of the screen, in light and dark, on a desk and a phone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from riskmap import catalogue
from riskmap.core.actor import OFFICER
from riskmap.core.response.scenario import Given
from riskmap.flows import dispatch, incident, report
from riskmap.flows.register import Desk
from riskmap.settings import settings
from riskmap.store.database import Database
from riskmap.store.places import gazetteer
from tests.api.test_incidents import plant  # noqa: F401
from tests.browser.server import served
from tests.browser.test_axe import LIGHTS, found

pytestmark = pytest.mark.browser


def test_nothing_serious_on_the_pages_of_an_incidents_papers(fresh_tab: Callable[..., Page], db: Database, plant: dict[str, int]) -> None:  # noqa: F811
    now = dt.datetime.now(dt.UTC)
    with db.as_user(OFFICER, write=True) as conn:
        desk = Desk(catalogue.load(settings().layers_dir, settings().data_dir / "codes"), gazetteer(conn), 100)
        told = {"feature_id": plant["hazard"], "kind": "accident.chemical", "exercise": True}
        id = incident.opened(conn, desk, told, OFFICER, now)["id"]
        incident.planned(conn, desk, None, id, Given(kind="circle", radius_m=800), OFFICER, now)
        begun = report.listed(conn, desk, id, now)["next"]
        report.made(conn, desk, id, "first", begun, OFFICER, now)
        report.made(conn, desk, id, "follow", begun | {"deaths": 1, "trend": "向好"}, OFFICER, now)
        dispatch.ordered(conn, desk, id, [], OFFICER, now)
    pages = [f"/incidents/{id}/{name}" for name in ("reports", "reports/2", "dispatches", "timeline")]
    with served(db, grading=False, plain_http=True) as site:
        for light, size in LIGHTS.items():
            tab = fresh_tab(*size, touch=light == "phone")
            for path in pages:
                tab.goto(f"{site}{path}?theme={'dark' if light == 'dark' else 'light'}")
                assert found(tab) == [], (path, light)
                assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (path, light)
