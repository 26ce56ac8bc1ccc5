"""What a participant tells of its data when it joins: rounded, and nothing that fewer than five projects share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fedlore.observe.project import Observed

LEAST = 5
HIDDEN_COUNTS_AS = 2


@dataclass(frozen=True, slots=True)
class Bands:
    """Projects and median months of history, rounded down to one digit (None: fewer than five), common languages."""

    repositories: int | None
    months: int | None
    languages: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_dict(table: Mapping[str, Any]) -> Bands:
        return Bands(table["repositories"], table["months"], tuple(table["languages"]))

    @property
    def forecast_projects(self) -> int:
        """The number of projects that a forecast may reckon with."""
        return HIDDEN_COUNTS_AS if self.repositories is None else self.repositories


def bands_of(observed: Sequence[Observed]) -> Bands:
    """The bands of a participant's readable projects."""
    readable = [project for project in observed if project.features is not None]
    if len(readable) < LEAST:
        return Bands(None, None, ())
    months = sorted(project.months for project in readable)[len(readable) // 2]
    used = Counter(language for project in readable for language in set(project.languages))
    languages = sorted(language for language, count in used.items() if count >= LEAST)
    return Bands(_floor(len(readable)), _floor(months), tuple(languages))


def _floor(number: int) -> int:
    """Rounded down to 5, or to its first digit: 8 -> 5, 47 -> 40, 233 -> 200."""
    if number < 10:
        return number // LEAST * LEAST
    power = 10 ** (len(str(number)) - 1)
    return int(number // power * power)
