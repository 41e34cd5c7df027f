"""Texts that a spreadsheet would take for a formula: a leading apostrophe makes them text, and comes off again on import.

The rule is reversible: whatever looks dangerous, with any apostrophes already before it, gets one more.
"""

from __future__ import annotations

import re

# = + - @ and their full-width forms, also after blanks; tab, line end and NUL at the start (OWASP, CSV injection).
_DANGEROUS = re.compile(r"'*(?:\s*[=+\-@＝＋－＠]|[\t\r\n\0])")


def escape(text: str) -> str:
    """'=1+1' → "'=1+1"; harmless texts as they are."""
    return "'" + text if _DANGEROUS.match(text) else text


def unescape(text: str) -> str:
    """The way back of `escape`."""
    return text[1:] if text.startswith("'") and _DANGEROUS.match(text) else text
