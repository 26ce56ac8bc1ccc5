"""What a report holds: finished words and numbers, safe to print, for the team alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fedlore.catalogue.measure import Measure
from fedlore.observe.evidence import Value

YOURS = "yours alone: nothing of it is a contribution, and nothing has left this machine"

Direction = Literal["rising", "falling", "no clear trend", "too short to say"]


@dataclass(frozen=True, slots=True)
class Number:
    """The value of one measure for one project.

    ``words`` say the value with its unit, ``interval`` is the 95 % interval of a value that is estimated from cases, by
    ``interval_method`` (None where everything was counted and nothing was drawn, or there are too few cases), ``falls``
    the bin that the value falls in (histograms), ``arithmetic`` how it came about. ``share`` is a pair of the cases
    that count and all cases, if the value is one.
    """

    measure: Measure
    value: Value
    words: str
    interval: tuple[float, float] | None = None
    interval_words: str = ""
    interval_method: str = ""
    falls: str = ""
    arithmetic: str = ""
    share: tuple[float, float] | None = None
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A strength, or an anti-pattern with how many times it is beyond the published limit (None: not countable).

    ``either_side`` says that the limit lies within the number's interval: other cases might have told the opposite.
    """

    number: Number
    words: str
    advice: str = ""
    limit_words: str = ""
    times: float | None = None
    either_side: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    """One quarter of a series: what it is called, its number (None: nothing to tell), and whether it has ended."""

    quarter: str
    value: float | None
    ended: bool = True


@dataclass(frozen=True, slots=True)
class Trend:
    """A series of all quarters up to now, its largest value, and its slope.

    The slope is in units a quarter, with a 95 % interval, over the last ``over`` ended quarters.
    """

    name: str
    title: str
    is_share: bool
    points: tuple[Point, ...]
    largest: float
    direction: Direction
    slope: float | None = None
    slope_interval: tuple[float, float] | None = None
    over: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """A practice that began: the day (ISO 8601), its quarter, what began, and whether it is still there at HEAD."""

    day: str
    quarter: str
    words: str
    is_there: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """An outcome in each month around an onset (None: nothing to tell), and what is usual before and after it.

    ``before`` and ``after`` are medians of the months, ``change`` is by how much the months after lie above those
    before, with a 95 % interval (both None: too few months).
    """

    name: str
    title: str
    is_share: bool
    values: tuple[float | None, ...]
    largest: float
    before: float | None
    after: float | None
    change: float | None
    change_interval: tuple[float, float] | None

    @property
    def differs(self) -> bool:
        """Whether the interval leaves out that nothing changed."""
        return self.change_interval is not None and not self.change_interval[0] <= 0 <= self.change_interval[1]


@dataclass(frozen=True, slots=True)
class Onset:
    """The months around the day on which a practice began: -1 is the last before it, 0 the first after it."""

    practice: str
    words: str
    day: str
    months: tuple[int, ...]
    outcomes: tuple[Outcome, ...]

    @property
    def is_told(self) -> bool:
        """Whether there are months enough on both sides to compare them."""
        return any(outcome.change is not None for outcome in self.outcomes)


@dataclass(frozen=True, slots=True)
class ProjectReport:
    """One repository that could be read; findings are the most telling first, ``numbers`` in the catalogue's order.

    ``newest`` is the day (ISO 8601) of the newest human commit, with which the project's last year ends, and
    ``silent_days`` are those from then to the report's day; empty and None without such a commit.
    """

    name: str
    path: str
    team: str
    head: str
    commits: int
    months: int
    newest: str
    silent_days: int | None
    languages: tuple[str, ...]
    strengths: tuple[Finding, ...]
    anti_patterns: tuple[Finding, ...]
    missing: tuple[Finding, ...]
    trends: tuple[Trend, ...]
    events: tuple[Event, ...]
    onsets: tuple[Onset, ...]
    deliveries: tuple[Number, ...]
    numbers: tuple[Number, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shared:
    """A finding that several projects of a team share: its words, and in how many of how many projects it stands.

    ``worst`` is the most that a project is beyond the limit.
    """

    words: str
    measure: str
    projects: tuple[str, ...]
    of: int
    worst: float | None = None


@dataclass(frozen=True, slots=True)
class TeamReport:
    """The projects of one team together."""

    name: str
    projects: tuple[str, ...]
    commits: int
    strengths: tuple[Shared, ...]
    anti_patterns: tuple[Shared, ...]


@dataclass(frozen=True, slots=True)
class Unread:
    """A repository that told nothing, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """The picture of some repositories on one day (``as_of``, ISO 8601)."""

    as_of: str
    teams: tuple[TeamReport, ...]
    projects: tuple[ProjectReport, ...]
    unread: tuple[Unread, ...]
