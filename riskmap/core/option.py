"""A cell of a code list: by code, by Chinese or English label, or both written together."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from riskmap.core.raw import NOTHING, Parsed, Parser, Trouble, plain


def _key(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    written = unicodedata.normalize("NFKC", str(value)).casefold()
    return re.sub(r"[\s ]+", "", written).replace("(", "").replace(")", "")


class Options:
    """Finds an option by what people write. A label that two options share is not accepted alone; the code is."""

    def __init__(self, options: Sequence[Any]) -> None:
        self.options = list(options)
        self.by_code = {_key(o.code): o.code for o in options}
        labels: dict[str, set[str]] = {}
        for o in options:
            for label in (o.zh, getattr(o, "en", "") or ""):
                if label:
                    labels.setdefault(_key(label), set()).add(o.code)
        self.by_label = {k: next(iter(v)) for k, v in labels.items() if len(v) == 1}
        self.ambiguous = {k: sorted(v) for k, v in labels.items() if len(v) > 1}
        self.together = {_key(f"{o.code}{o.zh}"): o.code for o in options} | {_key(f"{o.zh}{o.code}"): o.code for o in options}
        # 1 typed for 01: Excel drops leading zeros
        self.unpadded: dict[str, str] = {}
        for key, code in self.by_code.items():
            if key.isdigit() and key.lstrip("0") and key.lstrip("0") not in self.by_code:
                self.unpadded.setdefault(key.lstrip("0"), code)

    def find(self, value: Any) -> str | None:
        key = _key(value)
        for table in (self.by_code, self.by_label, self.together, self.unpadded):
            if key in table:
                return table[key]
        pieces = _key(re.sub(r"[:：\-—_.|/、]+", "", unicodedata.normalize("NFKC", str(value))))
        return self.together.get(pieces)

    def nearest(self, value: Any) -> list[str]:
        """Codes of the options most like what was written, at most three."""
        key = _key(value)
        if not key:
            return []
        inside = [k for k in self.by_label if len(k) > 1 and (k in key or key in k)]
        close = inside or difflib.get_close_matches(key, list(self.by_label)[:2000], n=1, cutoff=0.6)
        return list(dict.fromkeys(self.by_label[k] for k in close))[:3] if len(close) <= 6 else []

    def label(self, code: str) -> str:
        return next((o.zh for o in self.options if o.code == code), code)

    def listed(self, n: int = 8) -> str:
        names = [f"{o.zh}" for o in self.options[:n]]
        return "、".join(names) + (f" 等 {len(self.options)} 项" if len(self.options) > n else "")


def option_parser(options: Sequence[Any], *, many: bool = False) -> Parser:
    """Parser of a code field (`many`: a list such as 火灾、爆炸 → sorted as written, without repeats)."""
    known = Options(options)

    def one(value: Any) -> Parsed:
        code = known.find(value)
        if code is not None:
            return code, None
        shown = plain(value)
        if (codes := known.ambiguous.get(_key(value))) is not None:
            return None, Trouble(
                "ambiguous-option",
                "refuse",
                f"“{shown}”对应多个代码：{'、'.join(codes)} (several codes share this label)",
                "请改填代码",
            )
        near = known.nearest(value)
        hint = f"是否为{'或'.join(f'“{known.label(c)}”' for c in near)}？" if near else ""
        return None, Trouble(
            "not-an-option", "refuse", f"“{shown}”不在代码表中 (not in the code list)", f"{hint}可填：{known.listed()}", near
        )

    def parse(value: Any) -> Parsed:
        if value is None or (
            not isinstance(value, (list, tuple)) and plain(value).casefold() in NOTHING and known.find(value) is None
        ):
            return None, None
        if not many:
            return one(value)
        if isinstance(value, (list, tuple)):
            pieces = list(value)
        else:
            code = known.find(value)
            if code is not None:
                return [code], None
            pieces = [p for p in re.split(r"[、，,;；|\n]+", str(value)) if p.strip()]
        found: list[str] = []
        for piece in pieces:
            parts = [piece] if known.find(piece) is not None else [p for p in re.split(r"[/\s和及]+", str(piece)) if p.strip()]
            if any(known.find(p) is None for p in parts):
                parts = [piece]
            for part in parts:
                code, trouble = one(part)
                if trouble:
                    return None, trouble
                if code not in found:
                    found.append(code)
        return found or None, None

    return parse
