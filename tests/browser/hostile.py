"""Two hundred names that would run, break, hide or blank a page that put them into it as anything but text."""

# ruff: noqa: E501 - lists of names read better whole
from __future__ import annotations

from riskmap.core.value import text

_FIRST = [
    "<img src=x onerror=window.__x=1>",
    "${window.__x=1}",
    "`${window.__x=1}`",
    "</script><script>window.__x=1</script>",
    "a\\1b\"'",
]
_EVENTS = (
    "onload",
    "onerror",
    "onclick",
    "onmouseover",
    "onfocus",
    "onanimationstart",
    "ontoggle",
    "onpointerenter",
    "onbegin",
    "onwheel",
)
_TAGS = ("svg", "body", "input autofocus", "details open", "iframe", "object", "video", "marquee", "a href=x", "math")
_MARKUP = [f"<{tag} {event}=window.__x=1>" for tag in _TAGS for event in _EVENTS[:5]]
_QUOTES = [
    f"{quote}{close} {event}={quote}window.__x=1{quote} x={quote}"
    for quote in "\"'`"
    for close in ("", ">", "/>")
    for event in _EVENTS[5:8]
]
_BRACES = [f"{a}window.__x=1{b}" for a, b in (
    ("{{7*7}}{{cycler.__init__.__globals__}}", ""), ("{{", "}}"), ("{%", "%}"), ("{#", "#}"), ("<%=", "%>"), ("#{", "}"), ("*{", "}"), ("[[", "]]"), ("@{", "}"), ("$(", ")"), ("{{constructor.constructor('", "')()}}"),
    ("<?php ", "?>"), ("<!--#exec ", "-->"), ("%(", ")s"), ("{0.__class__", "}"), ("\\${", "}"), ("<%", "%>"), ("{{{", "}}}"), ("{", "}"), ("//", ""), ("/*", "*/"))]  # fmt: skip
_ADDRESSES = [f"{scheme}window.__x=1" for scheme in (
    "javascript:", "JaVaScRiPt:", "java&#115;cript:", "data:text/html,<script>", "vbscript:", "url(javascript:", "//evil.invalid/", "https://evil.invalid/?", "file:///etc/passwd?", "blob:")]  # fmt: skip
_STYLES = [
    "}</style><style>*{display:none}window.__x=1", "x;background:url(https://evil.invalid/a.png)", "expression(window.__x=1)", "@import 'https://evil.invalid/a.css';", "</style><script>window.__x=1</script>",
    "\");background:url(//evil.invalid/b)", "-moz-binding:url(x)", "position:fixed;inset:0;z-index:99999", "content:'\\a window.__x=1'", "/**/}*{color:red}",
    "</title><script>window.__x=1</script>", "</textarea><script>window.__x=1</script>", "<!-- <script>window.__x=1</script> -->", "<![CDATA[<script>window.__x=1</script>]]>", "<base href=//evil.invalid/>",
    "<meta http-equiv=refresh content=0;url=//evil.invalid>", "<link rel=stylesheet href=//evil.invalid/a.css>", "<form action=//evil.invalid><button>", "<template><script>window.__x=1</script></template>", "<noscript><img src=x onerror=window.__x=1></noscript>"]  # fmt: skip
_FORMULAS = [f"{sign}{call}" for sign in ("=", "+", "-", "@") for call in ("cmd|' /C calc'!A0", "HYPERLINK(\"https://evil.invalid\",\"x\")", "1+1", "SUM(A1:A9)")]  # fmt: skip
_ENTITIES = ["&lt;b&gt;", "&amp;amp;", "&#60;script&#62;window.__x=1&#60;/script&#62;", "&nbsp;x&nbsp;", "&NotAnEntity;", "&#x202e;abc", "&quot;onload=&quot;", "%3Cscript%3Ewindow.__x=1%3C/script%3E", "\\u003cscript\\u003ewindow.__x=1", "+ADw-script+AD4-"]  # fmt: skip
_SIGNS = [
    "abc\u202egnp.exe", "\u2066isolated\u2069<b>", "\u200e\u200fmarks", "مرحبا <b>x</b> שלום", "\u061cعربي", "zero\u200bwidth<i>", "joiner\u200djoined", "\ufeffbom", "\u2028line\u2029paragraph", "soft\u00adhyphen", "e\u0301\u0302\u0303\u0304\u0305 stacked", "Z̸̡̛a̵l̶g̷o̴",
    "👨‍👩‍👧‍👦🏳️‍🌈🇨🇳", "𠮷野家𪚥", "☃️❄️", "ﷺ", "𝕾𝖈𝖗𝖎𝖕𝖙", "W" * 200, "长" * 200, "long-" * 40, "<" * 150, "'" * 120, "\"" * 120, "\\" * 120, "( ͡° ͜ʖ ͡°)", "x\u3000y", "NaN", "undefined", "[object Object]", "__proto__", "constructor", "toString", "0", "-1e309", "true"]  # fmt: skip
_QUERIES = ["'; DROP TABLE feature; --", "1 OR 1=1", "%", "_", "%27%20OR%201=1", "\\'; --", "a&b=c&l=districts", "?l=districts#x", "f.level=1", "../../etc/passwd", "..\\..\\x", "C:\\con\\nul", "|calc", "$(reboot)", ";reboot", "a,b;c|d"]  # fmt: skip

_WRITTEN = [*_FIRST, *_MARKUP, *_QUOTES, *_BRACES, *_ADDRESSES, *_STYLES, *_FORMULAS, *_ENTITIES, *_SIGNS, *_QUERIES]


def _stored() -> list[str]:
    """Each once, as registration keeps it (invisible control signs are left out and told, spaces made one), two hundred of them."""
    kept = dict.fromkeys(name for name in (text(written)[0] for written in _WRITTEN) if name)
    return list(kept)[:200]


HOSTILE = _stored()
