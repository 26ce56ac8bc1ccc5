"""Quarters of the calendar (UTC) as whole numbers, and what they are called."""

from __future__ import annotations

from typing import overload

import numpy as np
import numpy.typing as npt

from fedlore.observe.evidence import Times

_FIRST_YEAR = 1970


@overload
def quarter_of(seconds: int) -> int: ...
@overload
def quarter_of(seconds: Times) -> Times: ...
def quarter_of(seconds: int | Times) -> int | Times:
    """The number of quarters between the beginning of 1970 and the quarter that holds this Unix time."""
    months = np.asarray(seconds, np.int64).astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
    return int(months // 3) if months.ndim == 0 else months // 3


def numbered(year: int, quarter: int) -> int:
    """The number of a quarter (1 to 4) of a year."""
    return (year - _FIRST_YEAR) * 4 + quarter - 1


def start_of(quarter: int) -> int:
    """The Unix time at which a quarter begins."""
    return int(np.datetime64(quarter * 3, "M").astype("datetime64[s]").astype(np.int64))


def name_of(quarter: int) -> str:
    """A quarter as people write it: ``2026 Q4``."""
    return f"{_FIRST_YEAR + quarter // 4} Q{quarter % 4 + 1}"


def day_name(seconds: int) -> str:
    """The day (UTC) of a Unix time, as ISO 8601 writes it."""
    return str(np.datetime64(seconds, "s").astype("datetime64[D]"))


def per_quarter(quarters: npt.NDArray[np.int64], span: range) -> npt.NDArray[np.int64]:
    """How often each quarter of ``span`` occurs."""
    inside = quarters[(quarters >= span.start) & (quarters < span.stop)]
    return np.bincount(inside - span.start, minlength=len(span)).astype(np.int64)
