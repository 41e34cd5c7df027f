"""Passwords: two profiles that disagree, as their standards do, and the Argon2id hash.

djbh (等保三级)   at least 10 characters, three of four classes, changed every 90 days
asvs (OWASP 5.0)  at least 12 characters, nothing that everybody tries first, no rotation
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LONGEST = 128
# 46 MiB, one pass, one lane: enough that a stolen table is dear to try, little enough that four sign-ins at once fit a small server.
HASHER = PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1)

CLASSES = (str.islower, str.isupper, str.isdigit)
# Letters that begin most guesses: with digits and signs taken away, a password that is one or two of these is everybody's.
COMMON = frozenset(
    "password passwort passw0rd admin administrator root guest user test demo welcome hello letmein login master secret changeme default "
    "qwerty qwertyuiop qwertyasdf asdfghjkl zxcvbnm qazwsx qazwsxedc wsx edc iloveyou dragon monkey sunshine princess football baseball superman "
    "woaini woaiwojia beijing zhongguo china anquan yingji yingjiju yingjiguanli guanliyuan mima riskmap fengxian abc abcd abcdef abcdefgh".split()
)
ROWS = (
    "01234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn",
    "!@#$%^&*()",
)
LEET = str.maketrans("0134578@$!", "oieastbasi")


@dataclass(frozen=True, slots=True)
class Profile:
    """Bounds of one standard. `days`: how long a password lasts, None for ever."""

    name: str
    shortest: int
    classes: int
    days: int | None
    common: bool


PROFILES = {"djbh": Profile("djbh", 10, 3, 90, False), "asvs": Profile("asvs", 12, 0, None, True)}


def plain(password: str) -> str:
    """One form of a text that keyboards write in several (full-width letters, composed accents)."""
    return unicodedata.normalize("NFKC", password)


def classes(password: str) -> int:
    """How many of the four classes there are: small letters, capitals, digits, everything else."""
    found = {next((n for n, is_in in enumerate(CLASSES) if is_in(sign)), 3) for sign in plain(password)}
    return len(found)


def guessable(password: str) -> bool:
    """Whether it is among what everybody tries first: a well-known word with ornaments, a row of keys, one thing said again."""
    text = plain(password).lower()
    if len(set(text)) < 5 or re.fullmatch(r"(.{1,4})\1{2,}.?", text):
        return True
    runs = [
        row[i:j] for row in (*ROWS, *(r[::-1] for r in ROWS)) for i in range(len(row) - 4) for j in range(i + 4, len(row) + 1)
    ]
    left = text
    for run in sorted(runs, key=len, reverse=True):
        left = left.replace(run, "")
    bare = re.sub(r"^[^a-z]+|[^a-z]+$", "", text)  # without what is put before and after
    letters = {re.sub(r"[^a-z]", "", word) for word in (text, bare.translate(LEET), left)}
    return len(left) <= 3 or any(_words(word) for word in letters if word)


def _words(text: str) -> bool:
    return text in COMMON or any(text[:i] in COMMON and text[i:] in COMMON for i in range(3, len(text) - 2))


def faults(password: str, login: str, profile: Profile) -> list[str]:
    """Every reason why this may not be the password of `login`; empty when it may."""
    text, out = plain(password), []
    if len(text) < profile.shortest:
        out.append(f"至少 {profile.shortest} 个字符 at least {profile.shortest} characters")
    if len(text) > LONGEST:
        out.append(f"至多 {LONGEST} 个字符 at most {LONGEST} characters")
    if classes(text) < profile.classes:
        out.append("大写、小写、数字、其他符号中至少三类 three of: capitals, small letters, digits, others")
    if len(login) >= 3 and login.lower() in text.lower():
        out.append("不能含登录名 without the login in it")
    if profile.common and guessable(text):
        out.append("太常见，容易被猜到 too common, easily guessed")
    return out


def hashed(password: str) -> str:
    """Argon2id with a new salt."""
    return HASHER.hash(plain(password))


def matches(kept: str, password: str) -> bool:
    """Whether this is the password of a hash; a hash that cannot be read matches nothing."""
    try:
        return HASHER.verify(kept, plain(password[: 4 * LONGEST]))
    except (VerificationError, InvalidHashError):
        return False


@cache
def nobodys() -> str:
    """A hash to compare with where there is no account, so that it takes as long."""
    return hashed("nobody has this password")
