"""From changes of status to what is measured: the way of each item through the states. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from fedlore.observe.artefacts.states import DONE, IN_PROGRESS, REVIEW, STATES
from fedlore.observe.evidence import StatusChange

_RANK = {state: rank for rank, state in enumerate(STATES)}
_WORKED = frozenset((IN_PROGRESS, REVIEW))


@dataclass(frozen=True, slots=True)
class Journey:
    """One item's states in the order of time, each with the time (Unix seconds) at which it was first seen in it."""

    item: str
    times: tuple[int, ...]
    states: tuple[str, ...]

    @property
    def done_at(self) -> int | None:
        """The place in ``states`` of the first `DONE`; None if the item never reached it."""
        return self.states.index(DONE) if DONE in self.states else None

    @property
    def worked_at(self) -> int | None:
        """The place of the first in-progress or review before the first done (or before the end)."""
        before = self.states[: self.done_at]
        return next((place for place, state in enumerate(before) if state in _WORKED), None)

    @property
    def is_straight(self) -> bool:
        """Whether it reached done without having been seen in progress or in review before."""
        return self.done_at is not None and self.worked_at is None

    @property
    def is_witnessed(self) -> bool:
        """Whether it was seen in another state before it was first seen done."""
        return self.done_at is not None and self.done_at > 0

    @property
    def went_back(self) -> bool:
        """Whether it ever went to an earlier state of the order; states beside the order are passed over."""
        ranks = [_RANK[state] for state in self.states if state in _RANK]
        return any(later < earlier for earlier, later in pairwise(ranks))

    @property
    def cycle_seconds(self) -> int | None:
        """From the first in-progress or review to the first done after it; None where one of them was not seen."""
        if self.done_at is None or self.worked_at is None:
            return None
        return self.times[self.done_at] - self.times[self.worked_at]


@dataclass(frozen=True, slots=True)
class JourneyCounts:
    """How many items there are, how many of them reached done, by way of work or straight, and how many went back."""

    items: int
    done: int
    worked: int
    straight: int
    back: int


def journeys(changes: Iterable[StatusChange], kind: str = "story") -> tuple[Journey, ...]:
    """The journeys of all items of a kind, in the order of their names.

    Changes are taken in the order of time (equal times: as given). A change to the state that an item is in already is
    none.
    """
    steps: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for change in sorted((one for one in changes if one.kind == kind), key=lambda one: one.time):
        before = steps[change.item]
        if not before or before[-1][1] != change.status:
            before.append((change.time, change.status))
    return tuple(
        Journey(item, tuple(time for time, _ in taken), tuple(state for _, state in taken))
        for item, taken in sorted(steps.items())
    )


def count_journeys(ways: Sequence[Journey]) -> JourneyCounts:
    """The counts of these journeys; those that reached done went there by way of work or straight."""
    done = [way for way in ways if way.done_at is not None]
    straight = sum(way.is_straight for way in done)
    return JourneyCounts(len(ways), len(done), len(done) - straight, straight, sum(way.went_back for way in ways))


def dwell_seconds(ways: Iterable[Journey], state: str) -> list[int]:
    """How long each stay in a state lasted, of those that ended, in seconds."""
    return [
        later - earlier
        for way in ways
        for held, earlier, later in zip(way.states, way.times, way.times[1:], strict=False)
        if held == state
    ]
