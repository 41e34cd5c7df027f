"""The product served over a database to a browser, as `riskmap serve` does it, in a thread of the tests."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from riskmap.api.app import create_app
from riskmap.settings import settings
from riskmap.store.database import Database


@contextmanager
def served(db: Database, *, grading: bool = True, **more: Any) -> Iterator[str]:
    """Its address, without a slash at the end, once it answers and, with `grading`, has graded. `more`: settings that differ."""
    door = socket.socket()
    door.bind(("127.0.0.1", 0))
    app = create_app(settings().model_copy(update=more), db, grading=grading)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    if app.state.grader:
        app.state.grader.wait()
    try:
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
