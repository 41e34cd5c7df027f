"""Whole columns between numpy and the database, without a Python object a value.

Out: a statement whose columns are all bigint or double precision and never null is read as binary COPY, every row equally wide.
In: an int64 or float64 array is a parameter of type bigint[] or double precision[].
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import adapters, sql
from psycopg.adapt import Dumper
from psycopg.pq import Format

from riskmap.store.query import Conn
from riskmap.store.query import sql as text

HEADER = 19                                           # signature 11, flags 4, extension length 4
TRAILER = 2


def columns(conn: Conn, name: str, wanted: Sequence[tuple[str, str]], **params: Any) -> dict[str, NDArray[Any]]:
    """The named statement's columns, given as (name, ">i8" or ">f8") in its order. Raises ValueError when they do not fit."""
    shape: list[tuple[str, str]] = [("_fields", ">i2")]
    for column, kind in wanted:
        shape += [(f"_{column}", ">i4"), (column, kind)]
    row = np.dtype(shape)
    with conn.cursor().copy(sql.SQL("COPY (") + sql.SQL(text(name)) + sql.SQL(") TO STDOUT (FORMAT BINARY)"), params) as copy:  # type: ignore[arg-type]
        data = b"".join(copy)
    body = memoryview(data)[HEADER:-TRAILER]
    if len(body) % row.itemsize:
        raise ValueError(f"{name}: rows are not {len(wanted)} columns of 8 bytes, or one is null")
    rows = np.frombuffer(body, dtype=row)
    if len(rows) and ((rows["_fields"] != len(wanted)).any() or any((rows[f"_{c}"] != 8).any() for c, _ in wanted)):
        raise ValueError(f"{name}: rows are not {len(wanted)} columns of 8 bytes, or one is null")
    return {column: rows[column].astype(kind[1:]) for column, kind in wanted}


class ArrayDumper(Dumper):
    """A one-dimensional int64 or float64 array as a binary PostgreSQL array."""

    format = Format.BINARY
    _kinds = {"int64": (20, ">i8", 1016), "float64": (701, ">f8", 1022)}

    def get_key(self, obj: Any, format: Any) -> Any:
        return (self.cls, obj.dtype.name)

    def upgrade(self, obj: Any, format: Any) -> ArrayDumper:
        made = ArrayDumper(self.cls)
        made.oid = self._kinds[obj.dtype.name][2]
        return made

    def dump(self, obj: Any) -> bytes:
        element, kind, _ = self._kinds[obj.dtype.name]
        # dimensions, has nulls, type, and where it is not empty its length and lower bound
        head = [1, 0, element, len(obj), 1] if len(obj) else [0, 0, element]
        body = np.empty(len(obj), dtype=np.dtype([("size", ">i4"), ("value", kind)]))
        body["size"], body["value"] = 8, obj
        return np.array(head, dtype=">i4").tobytes() + body.tobytes()


adapters.register_dumper(np.ndarray, ArrayDumper)
