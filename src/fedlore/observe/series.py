"""Technology by the quarter, for the owner's own report: languages, and packages that came and went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fedlore.observe.evidence import Evidence
from fedlore.observe.extents import language_extents
from fedlore.observe.features.commits import since_cut

MOST_QUARTERS = 200
"""So many quarters are told, the newest ones."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896
"""The days of the years 1 and 9999, counted from 1970."""


@dataclass(frozen=True, slots=True)
class TechnologyQuarter:
    """A quarter of a calendar year (UTC): the source files of each language at its end, and the packages (package URLs)
    that were declared for the first time or dropped in it.
    """

    year: int
    quarter: int
    files: Mapping[str, int]
    adopted: tuple[str, ...]
    dropped: tuple[str, ...]


def technology_series(evidence: Evidence) -> tuple[TechnologyQuarter, ...]:
    """Every quarter from the oldest commit to the newest, oldest first; at most `MOST_QUARTERS`.

    In a shallow clone, from its cut on: what was there at the cut was not adopted then.

    Files are counted as in `extents`. Packages have any name that a manifest may hold: the series is the owner's and
    never a contribution.
    """
    times = evidence.history.commit_time
    if not len(times):
        return ()
    last = _quarter(int(times.max()))
    cut = since_cut(evidence.history)
    first = max(_quarter(int(times.min()) if cut is None else cut), last - MOST_QUARTERS + 1)
    seen = -1 if cut is None else cut
    adopted = _by_quarter((span.first, span.package) for span in evidence.packages if span.first > seen)
    dropped = _by_quarter(
        (span.last, span.package) for span in evidence.packages if span.last is not None and span.last > seen
    )
    extents = language_extents(evidence.history)
    return tuple(
        TechnologyQuarter(
            number // 4,
            number % 4 + 1,
            extents.at(_begin(number + 1) - 1),
            tuple(adopted.get(number, ())),
            tuple(dropped.get(number, ())),
        )
        for number in range(first, last + 1)
    )


def _by_quarter(events: Iterable[tuple[int, str]]) -> dict[int, list[str]]:
    """The packages of each quarter, in their order."""
    found: dict[int, list[str]] = {}
    for time, package in events:
        found.setdefault(_quarter(time), []).append(package)
    return found


def _quarter(time: int) -> int:
    """The number of a time's quarter: four for each year since the year 0."""
    day = _EPOCH + timedelta(days=min(max(time // _DAY, _FIRST_DAY), _LAST_DAY))
    return day.year * 4 + (day.month - 1) // 3


def _begin(number: int) -> int:
    """When a quarter begins, in Unix seconds."""
    year, quarter = divmod(number, 4)
    if year > 9999:
        return (_LAST_DAY + 1) * _DAY
    return int((datetime(year, 3 * quarter + 1, 1, tzinfo=UTC) - _EPOCH).total_seconds())
