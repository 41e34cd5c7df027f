"""Telephone numbers and unified social credit codes."""

from __future__ import annotations

import re
from typing import Any

from riskmap.core.raw import NOTHING, Parsed, Trouble, plain

_SPACE = re.compile(r"\s+")
_PHONE = re.compile(
    r"^(?:1[3-9]\d{9}|0\d{2,3}-?[2-9]\d{6,7}(?:[-转]\d{1,6})?|[2-9]\d{6,7}(?:[-转]\d{1,6})?|[48]00-?\d{3}-?\d{4}|1\d{2}|12\d{3}|9\d{4,5})$"
)
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015: no I O S V Z
_USCC = re.compile(r"^[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}$")
_USCC_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))


def phone(value: Any) -> Parsed:
    """One or more numbers, joined by '、'. Half-width, without blanks and +86."""
    written = plain(value)
    if written.casefold() in NOTHING:
        return None, None
    numbers = []
    for piece in re.split(r"[、,;/|\n]|\s{2,}", written):
        digits = re.sub(r"^\(?\+?86\)?[- ]?(?=1[3-9]|0\d)", "", piece.strip())
        digits = (
            re.sub(r"\s|·", "", digits)
            .replace("(", "")
            .replace(")", "-")
            .replace("—", "-")
            .replace("–", "-")
            .replace("分机", "转")
        )
        if re.fullmatch(r"1[3-9]\d-?\d{4}-?\d{4}", digits):
            digits = digits.replace("-", "")
        if not digits:
            continue
        if not _PHONE.match(digits):
            return None, Trouble(
                "not-a-phone",
                "refuse",
                f"“{piece.strip()}”不是电话号码 (not a phone number)",
                "手机 11 位，或 010-12345678；多个号码用顿号分开",
            )
        numbers.append(digits)
    return ("、".join(numbers) or None), None


def uscc_check(first17: str) -> str:
    """Check character of a unified social credit code: GB 32100-2015, 31 − Σ value·3^(i−1) mod 31."""
    return USCC_ALPHABET[(31 - sum(USCC_ALPHABET.index(c) * w for c, w in zip(first17, _USCC_WEIGHTS, strict=True)) % 31) % 31]


def uscc(value: Any) -> Parsed:
    """Unified social credit code, 18 characters, checked."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return None, Trouble(
            "digits-lost",
            "refuse",
            "信用代码以数值存放，末位已丢失 (stored as a figure, its last digits are lost)",
            "请把该列设为“文本”格式后重新填写",
        )
    written = _SPACE.sub("", plain(value)).replace("-", "").upper()
    if written.casefold() in NOTHING:
        return None, None
    if _USCC.match(written) and uscc_check(written[:17]) == written[17]:
        return written, None
    likely = written.translate(str.maketrans("OIZSV", "01257"))
    likely_ok = likely != written and _USCC.match(likely) and uscc_check(likely[:17]) == likely[17]
    if likely_ok:
        return None, Trouble(
            "uscc",
            "refuse",
            "信用代码不含字母 I、O、S、V、Z (these letters do not occur in the code)",
            f"是否为 {likely}？请核对营业执照",
            likely,
        )
    if len(written) != 18:
        return None, Trouble(
            "uscc",
            "refuse",
            f"信用代码应为 18 位，现为 {len(written)} 位 (18 characters wanted, {len(written)} given)",
            "请核对营业执照",
        )
    if not _USCC.match(written):
        return None, Trouble("uscc", "refuse", "信用代码含不允许的字符 (characters that cannot occur)", "请核对营业执照")
    return None, Trouble("uscc", "refuse", "信用代码校验位不符 (the check character does not fit)", "有一位写错：请核对营业执照")
