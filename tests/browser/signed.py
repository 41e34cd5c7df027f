"""The product with accounts over plain HTTP, on a database of its own, for the stories that begin at the sign-in."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from playwright.sync_api import Page

from riskmap.api.app import create_app
from riskmap.settings import settings
from riskmap.store.database import Database
from tests.api.people import PASSWORD


@contextmanager
def served(db: Database) -> Iterator[str]:
    """Address of the product over `db`, without a slash at the end."""
    door = socket.socket()
    door.bind(("127.0.0.1", 0))
    app = create_app(settings().model_copy(update={"plain_http": True}), db, grading=False)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{door.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


def enter(tab: Page, site: str, login: str, path: str = "") -> None:
    """Signs in by the keyboard."""
    tab.goto(f"{site}{path or '/'}")
    tab.focus("#login")
    tab.keyboard.type(login)
    tab.keyboard.press("Tab")
    tab.keyboard.insert_text(PASSWORD)
    tab.keyboard.press("Enter")
    tab.wait_for_url(lambda url: "/signin" not in url)
