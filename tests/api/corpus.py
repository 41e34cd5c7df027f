# ruff: noqa: E501 (lists of words are read by rows)
"""Values that want to be more than values. Our own list: a word of each kind that has broken somebody's program."""

from __future__ import annotations

SLEEP = "1000"  # seconds: one that sleeps meets the statement timeout and answers 503
SQL = [
    f"x' || pg_sleep({SLEEP}) || '", f"1; SELECT pg_sleep({SLEEP})--", f"1) OR (SELECT 1 FROM pg_sleep({SLEEP})) IS NOT NULL--", f"' AND 1=(SELECT 1 FROM pg_sleep({SLEEP}))--",
    f"%' AND pg_sleep({SLEEP}) IS NULL AND '%'='", f"$$;SELECT pg_sleep({SLEEP});$$", f"name, (SELECT pg_sleep({SLEEP}))", f"id DESC; SELECT pg_sleep({SLEEP})", f"CASE WHEN (1=1) THEN pg_sleep({SLEEP}) END",
    "' OR '1'='1", "\" OR \"\"=\"", "') OR true--", "'; CREATE TABLE injected (x int); --", "'; UPDATE account SET role = 'system_admin'; --", "x'); DELETE FROM feature; --",
    "'; SELECT set_config('app.role', 'operator', false); --", "1 UNION SELECT password_hash FROM account--", "%(login)s", "%s%s%s%n", "{key}", "%given(x)", "\\'; SELECT 1; --", "0x27", "chr(39)", "E'\\x27'", "/*!*/' or 1=1#",
]  # fmt: skip
PATHS = ["../../../../etc/passwd", "..%2f..%2f..%2fetc%2fpasswd", "....//....//etc/passwd", "/etc/passwd", "file:///etc/passwd", "C:\\Windows\\win.ini", "\\\\host\\share", ".env", "%2e%2e/%2e%2e/.env", "~root", "|id", "$(id)", "`id`", "; id"]  # fmt: skip
HEADERS = ["x\r\nX-Injected: 1", "x\nSet-Cookie: injected=1", "x\r\n\r\n<html>", "%0d%0aX-Injected:%201", "x\u2028X-Injected: 1", "x\u010aX-Injected: 1"]
TEMPLATES = ["{{1337*1337}}", "{% for i in [1] %}1787569{% endfor %}"[:26], "${1337*1337}", "#{1337*1337}", "<%= 1337*1337 %>", "{{''.__class__.__mro__}}", "{{config}}", "{0.__class__}", "%{1337*1337}", "[[${1337*1337}]]"]  # fmt: skip
MARKUP = ["<script>alert(73)</script>", "\"><img src=x onerror=alert(73)>", "javascript:alert(73)", "'><svg/onload=alert(73)>", "</textarea><script>alert(73)</script>", "<!--", "]]>", "&lt;script&gt;", "<a href=//x.example>", "</title><script>alert(73)</script>"]  # fmt: skip
FORMULAS = ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", "\t=1", "＝1+1"]
BYTES = ["\x00", "甲\x00乙", "%00", "\x01\x02\x1f", "\x7f", "\ufeff", "\ufffe", "\uffff", "\ud800", "a\udfff", "\U0010ffff", "\x1b[31m", "\r", "\n", "\t"]
WRITING = ["\u202e'toor'", "\u200b", "e\u0301" * 50, "ﷺ" * 40, "İ", "ß", "ｓｅｌｅｃｔ", "''", "㍿", "𠮷野家", "👨‍👩‍👧‍👦", "Ａ" * 64, "ﾞ" * 80, "\u0000\u0301", "null", "undefined", "NaN", "None", "true", "[]", "{}"]  # fmt: skip
NUMBERS = ["9" * 400, "-9" + "9" * 30, "1e999", "-1e999", "NaN", "Infinity", "-Infinity", "0x10", "1_000", "٣", "²", "9223372036854775808", "-9223372036854775809", "2147483648", "1.0e-400", "00", "-0", "1,5", ""]  # fmt: skip
LONG = ["A" * 5000, "甲" * 3000, "(" * 2000, "a@" * 1500]
WORDS = [*SQL, *PATHS, *HEADERS, *TEMPLATES, *MARKUP, *FORMULAS, *BYTES, *WRITING, *NUMBERS, *LONG]
# in JSON: what no text is, where a text or a number is wanted
VALUES = [10**30, -(10**30), 2**63, 2**31, 1e308, 0.1 + 0.2, True, None, [], {}, [[[[]]]], {"$ne": None}, {"__proto__": {"x": 1}}, ["x'; --"]]
