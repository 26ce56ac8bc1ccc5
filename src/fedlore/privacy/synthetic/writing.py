"""A table as the bytes of a file: CSV that no spreadsheet takes for formulas, or JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from fedlore.privacy.synthetic.table import SyntheticError, Table

FORMATS = ("csv", "json")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def written(table: Table, form: str, about: Mapping[str, Any]) -> bytes:
    """The table in one of `FORMATS`; JSON also holds ``about``. Raises `SyntheticError` for any other format."""
    names = [column.name for column in table.columns]
    rows = [[column.labels[code] for column, code in zip(table.columns, row, strict=True)] for row in table.codes]
    return rows_written(names, rows, form, about)


def rows_written(names: Sequence[str], rows: Sequence[Sequence[str]], form: str, about: Mapping[str, Any]) -> bytes:
    """The same for rows of words."""
    if form == "json":
        return json.dumps({**about, "columns": names, "rows": rows}, indent=1).encode() + b"\n"
    if form != "csv":
        raise SyntheticError(f"a table is written as {' or '.join(FORMATS)}, not {form!r}")
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows([[plain(cell) for cell in line] for line in (names, *rows)])
    return text.getvalue().encode()


def plain(cell: str) -> str:
    """A cell that a spreadsheet shows as text: an apostrophe before what it would run."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
