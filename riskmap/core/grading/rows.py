"""Rows that can be replaced and taken out one by one at a cost that does not grow with their number."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskmap.core.grading.inputs import Columns

Ints = NDArray[np.int64]


class Rows:
    """The records of one kind. A record keeps its row for good: a row that is out stays, marked as not alive.

    Ids that came with the first load are found by bisection, later ones by a dictionary.
    """

    def __init__(self, kind: type[Columns], first: Columns | None = None) -> None:
        self.kind = kind
        rows = first if first is not None else kind()
        self._size = len(rows)
        self._columns = {f.name: _roomy(getattr(rows, f.name), self._size) for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
        self._order = np.argsort(rows.id, kind="stable")  # type: ignore[attr-defined]
        self._ids = rows.id[self._order]              # type: ignore[attr-defined]
        if (np.diff(self._ids) == 0).any():
            raise ValueError(f"{kind.__name__}: an id stands twice")
        self._later: dict[int, int] = {}
        self._alive = _roomy(np.ones(len(rows), dtype=bool), self._size)

    def __len__(self) -> int:
        return int(self._alive[:self._size].sum())

    def find(self, ids: Ints) -> Ints:
        """Row of each id, −1 for one never seen; a row may be out (see `alive`)."""
        out = np.full(len(ids), -1, dtype=np.int64)
        if len(self._ids):
            at = np.minimum(np.searchsorted(self._ids, ids), len(self._ids) - 1)
            hit = self._ids[at] == ids
            out[hit] = self._order[at[hit]]
        if self._later:
            for i in np.flatnonzero(out < 0).tolist():
                out[i] = self._later.get(int(ids[i]), -1)
        return out

    def alive(self, rows: Ints) -> Ints:
        """Those of these rows that are in, without the −1 of unknown ids."""
        known = rows[rows >= 0]
        return known[self._alive[known]]

    def take(self, rows: Ints) -> Any:
        return self.kind(**{n: c[rows] for n, c in self._columns.items()})

    def column(self, name: str) -> NDArray[Any]:
        """One column of every row ever seen; mask it by `mask`."""
        return self._columns[name][:self._size]

    @property
    def mask(self) -> NDArray[np.bool_]:
        return self._alive[:self._size]

    def all(self) -> Any:
        """Every record that is in."""
        return self.take(np.flatnonzero(self.mask))

    def remove(self, rows: Ints) -> None:
        self._alive[rows] = False

    def put(self, records: Any) -> Ints:
        """Add or replace records by id; gives their rows. An id may stand in `records` once."""
        rows = self.find(records.id)
        new = np.flatnonzero(rows < 0)
        if len(new):
            rows[new] = self._size + np.arange(len(new))
            self._grow(self._size + len(new))
            self._later.update(zip(records.id[new].tolist(), rows[new].tolist(), strict=True))
        for name, values in self._columns.items():
            values[rows] = getattr(records, name)
        self._alive[rows] = True
        return rows

    def _grow(self, size: int) -> None:
        if size > len(self._alive):
            self._columns = {name: _roomy(values[:self._size], size) for name, values in self._columns.items()}
            self._alive = _roomy(self._alive[:self._size], size)
        self._size = size


def _roomy(values: NDArray[Any], size: int) -> NDArray[Any]:
    """A copy with room for `size` rows and a tenth more, so that single additions rarely copy."""
    out = np.zeros(size + size // 10 + 16, dtype=values.dtype)
    out[:len(values)] = values
    return out
