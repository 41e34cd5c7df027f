"""What PostgreSQL raises, as the product's own errors: nobody above the store knows psycopg."""

from __future__ import annotations

import psycopg
from psycopg import errors as pg

from riskmap.errors import BadInput, Conflict, Forbidden, Problem, Unavailable

RETRY = "请稍后用同一 Idempotency-Key 重试，不会重复执行。Try again with the same Idempotency-Key; nothing is done twice."


def problem(error: psycopg.Error) -> Problem | None:
    """The Problem a person is told for a database error, or None when the error is a fault of our own program."""
    match error:
        case pg.QueryCanceled():
            return Unavailable(
                "查询超时 The query took too long",
                remedy="缩小范围或稍后再试 Narrow the request, or try again later.",
                retry_after=5,
            )
        case pg.LockNotAvailable():
            return Conflict("他人正在修改同一数据 Someone else is changing the same data", remedy=RETRY, retry_after=2)
        case pg.SerializationFailure() | pg.DeadlockDetected():
            return Conflict("与另一修改相撞 Collided with another change", remedy=RETRY, retry_after=1)
        case pg.UniqueViolation():
            return Conflict(
                "已存在相同记录 Such a record already exists",
                where=error.diag.constraint_name,
                remedy="刷新后再改 Reload, then change.",
            )
        case pg.InsufficientPrivilege():
            return Forbidden("无权修改此记录 You may not change this", where=error.diag.table_name)
        case psycopg.DataError():  # a sign or a number no column takes: NUL in a text, more than 64 bits
            return unstorable()
        case pg.DiskFull():
            return Unavailable(
                "磁盘已满，暂停写入 The disk is full; writing is paused", remedy="请管理员运行 riskmap doctor。", retry_after=60
            )
        case pg.TooManyConnections() | pg.OperationalError():
            return Unavailable("数据库暂不可用 The database does not answer", remedy=RETRY, retry_after=5)
    return None


def unstorable() -> BadInput:
    """What is told for a value that can be sent and not be kept; it is not repeated, since it may not be sayable either."""
    return BadInput(
        "含有无法保存的字符或数 / a sign or a number that cannot be kept",
        where="body",
        remedy="去掉不可见字符，数不超过 64 位 / take invisible signs out; numbers of at most 64 bits",
    )
