"""Rows added where indices point, in the order of the rows."""

from __future__ import annotations

from typing import Any

from . import kernel


@kernel()
def add_rows_at(out: Any, places: Any, rows: Any) -> None:
    # out (n, width), places (m,) from the front, rows (m, width) → added to out
    if rows.shape[1] == 1:
        for i in range(places.size):
            out[places[i], 0] += rows[i, 0]
        return
    for i in range(places.size):
        row, into = rows[i], out[places[i]]
        for j in range(row.size):
            into[j] += row[j]
