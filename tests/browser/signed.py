"""Signing in by the keyboard, for the stories that begin at the sign-in."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.api.people import PASSWORD


def enter(tab: Page, site: str, login: str, path: str = "") -> None:
    """Signs in by the keyboard."""
    tab.goto(f"{site}{path or '/'}")
    tab.focus("#login")
    tab.keyboard.type(login)
    tab.keyboard.press("Tab")
    tab.keyboard.insert_text(PASSWORD)
    tab.keyboard.press("Enter")
    tab.wait_for_url(lambda url: "/signin" not in url)
