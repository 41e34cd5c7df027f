"""Text as paper and XML can hold it: signs that are none become the replacement sign, so that nothing is lost without a trace."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

WRONG = re.compile("[^\\t\\n\\r\\x20-\\x7e\\x85\\xa0-\\ud7ff\\ue000-\\ufffd\U00010000-\U0010ffff]")


def printable(value: Any) -> Any:
    """The same, in every text of lists and mappings."""
    if isinstance(value, str):
        return WRONG.sub("\ufffd", value)
    if isinstance(value, Mapping):
        return {k: printable(v) for k, v in value.items()}
    return [printable(v) for v in value] if isinstance(value, (list, tuple)) else value
