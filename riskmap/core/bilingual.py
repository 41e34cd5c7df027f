"""Texts that carry both languages, "中文 / English", and the reader's half of them."""

from __future__ import annotations


def half(text: str, english: bool) -> str:
    """The reader's half of a text in two languages, where it has two."""
    zh, slash, en = text.partition(" / ")
    return en if slash and english else zh
