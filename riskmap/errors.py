"""Every error of the product in one tree. Each class carries its code and HTTP status; each instance says what, where and how to mend it.

Problem
├── BadInput 422            a value, row, parameter or file that cannot be taken
│   ├── BadFile 422         an upload that is hostile, broken or of an unknown kind
│   └── TooLarge 413        over a stated bound
├── NotFound 404            absent, or not yours: the same sentence for both
├── Conflict 409            someone else was first; carries the difference
├── Precondition 428        If-Match or Idempotency-Key is missing
├── Unauthorized 401        nobody is signed in, or not all the way
├── Forbidden 403           signed in, but the role may not
├── TooMany 429             too often; come back later
└── Unavailable 503         a part the product stands on does not answer
"""

from __future__ import annotations

from typing import Any


class Problem(Exception):
    """An error a person is meant to read. `title` says what, `where` points at it, `remedy` says how to mend it."""

    code = "problem"
    status = 500

    def __init__(self, title: str, *, where: str | None = None, remedy: str | None = None, **extra: Any) -> None:
        super().__init__(title)
        self.title, self.where, self.remedy, self.extra = title, where, remedy, extra

    def document(self) -> dict[str, Any]:
        """The RFC 9457 problem document, without the request's own fields."""
        body: dict[str, Any] = {
            "type": f"urn:riskmap:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
        }
        if self.where:
            body["where"] = self.where
        if self.remedy:
            body["remedy"] = self.remedy
        return body | self.extra


class BadInput(Problem):
    code, status = "bad-input", 422


class BadFile(BadInput):
    code = "bad-file"


class TooLarge(BadInput):
    code, status = "too-large", 413


class NotFound(Problem):
    code, status = "not-found", 404


class Conflict(Problem):
    code, status = "conflict", 409


class Precondition(Problem):
    code, status = "precondition", 428


class Unauthorized(Problem):
    code, status = "unauthorized", 401


class TooMany(Problem):
    code, status = "too-many", 429


class Forbidden(Problem):
    code, status = "forbidden", 403


class Unavailable(Problem):
    code, status = "unavailable", 503


class SetupError(Problem):
    """Something on this machine stands in the way; printed by the command line with its remedy."""

    code, status = "setup", 500
