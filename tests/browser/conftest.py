"""A real browser for the stories. The city it looks at is served by `site`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chromium import opened


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with opened() as browser:
        yield browser


@pytest.fixture
def fresh_tab(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Makes clean browsers: no cookie, no memory of another. Width and height in CSS pixels."""
    contexts = []

    def make(width: int = 1440, height: int = 900, touch: bool = False) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, has_touch=touch, locale="zh-CN", reduced_motion="reduce"
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def tab(fresh_tab: Callable[..., Page]) -> Page:
    return fresh_tab()
