"""Both profiles take and refuse exactly what they say; long, Chinese and pasted passwords work; codes are good once."""

from __future__ import annotations

import datetime as dt

import pyotp
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from riskmap.core.password import HASHER, LONGEST, PROFILES, classes, faults, guessable, hashed, matches, plain
from riskmap.core.second_factor import step_of

DJBH, ASVS = PROFILES["djbh"], PROFILES["asvs"]
TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=140)


@given(TEXT)
@example("Abcdefgh1")
@example("Abcdefghi1")
@example("ABCDEFGHI1")
@example("全部都是中文字的口令")
def test_djbh_is_length_and_classes(password: str) -> None:
    text = plain(password)
    kinds = {("a" if s.islower() else "A" if s.isupper() else "0" if s.isdigit() else "-") for s in text}
    assert classes(password) == len(kinds)
    assert (faults(password, "", DJBH) == []) == (10 <= len(text) <= LONGEST and len(kinds) >= 3)


@given(TEXT)
def test_asvs_is_length_and_not_common_whatever_the_classes(password: str) -> None:
    text = plain(password)
    assert (faults(password, "", ASVS) == []) == (12 <= len(text) <= LONGEST and not guessable(text))


@pytest.mark.parametrize("password", [
    "password1234", "P@ssw0rd2026!", "Admin@123456", "123456789012", "qwertyuiop12", "1qaz2wsx3edc", "aaaaaaaaaaaa", "abcabcabcabc",
    "woaini5201314", "Beijing2026!!", "adminadmin12", "asdfghjkl!@#", "987654321098", "RiskMap-2026",
])  # fmt: skip
def test_asvs_refuses_what_everybody_tries(password: str) -> None:
    assert guessable(password) and faults(password, "", ASVS)


@pytest.mark.parametrize(
    "password", ["correct horse battery", "云从龙风从虎圣人作而万物睹", "kT9-mmvw-2Hqe-xU", "三月十七日下午去了潭柘寺"]
)
def test_asvs_takes_what_is_long_and_not(password: str) -> None:
    assert faults(password, "wang", ASVS) == []


def test_the_login_is_not_in_it() -> None:
    assert any("登录名" in f for f in faults("X9-Zhangsan-77", "zhangsan", DJBH))


@pytest.mark.parametrize("password", ["x" * 30 + "中文 pasted Ｆｕｌｌ" + "9" * 24, "é" * 12 + "A1!"])
def test_long_chinese_pasted_and_full_width(password: str) -> None:
    kept = hashed(password)
    assert kept.startswith("$argon2id$") and f"m={HASHER.memory_cost},t={HASHER.time_cost}" in kept
    assert matches(kept, password) and matches(kept, plain(password)) and not matches(kept, password + " ")
    assert hashed(password) != kept


def test_a_broken_hash_matches_nothing() -> None:
    assert not matches("", "x") and not matches("$argon2id$nonsense", "x")


@given(st.integers(0, 2**33), st.integers(-5, 5))
def test_a_code_is_good_once_and_for_a_step_either_way(second: int, away: int) -> None:
    secret, now = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", dt.datetime.fromtimestamp(second, dt.UTC)
    step = second // 30 + away
    if step < 0:
        return
    code = pyotp.TOTP(secret).generate_otp(step)
    found = step_of(secret, code, now, -1)
    assert found is not None if abs(away) <= 1 else found is None or abs(found - second // 30) <= 1
    if found is not None:
        again = step_of(secret, code, now, found)
        assert again is None or again > found


@pytest.mark.parametrize("code", ["", "abc", "12345", "1234567", "０００"])
def test_no_code_is_no_code(code: str) -> None:
    assert step_of("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", code, dt.datetime(2026, 11, 25, tzinfo=dt.UTC), 0) is None


def test_rfc_6238() -> None:
    """The published vector: SHA-1, ASCII secret 1234…, time 59 → 94287082; six digits are its end."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert step_of(secret, "287 082", dt.datetime.fromtimestamp(59, dt.UTC), 0) == 1
