"""What was planned when the work on an epic began, and what became of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from fedlore.observe.artefacts.items import epic_of
from fedlore.observe.artefacts.journeys import Journey, journeys
from fedlore.observe.artefacts.states import BACKLOG, DONE
from fedlore.observe.evidence import Planning


class Scope(NamedTuple):
    """One finished epic: stories known when its work began, those of them that were done, and all that it ever had.

    ``seconds`` is the time from the begin (its first story that was seen to leave the backlog) to the last story done.
    """

    planned: int
    delivered: int
    final: int
    seconds: int


def finished_scopes(planning: Planning) -> list[Scope]:
    """The scopes of the epics that are done and whose begin was seen, in the order of their names."""
    epics = {item for kind, item in planning.states if kind == "epic"}
    epics |= {change.item for change in planning.changes if change.kind == "epic"}
    ended = {way.item: way.states[-1] for way in journeys(planning.changes, "epic")}
    ended |= {item: state for (kind, item), state in planning.states.items() if kind == "epic"}
    stories: defaultdict[str, list[Journey]] = defaultdict(list)
    for way in journeys(planning.changes):
        stories[epic_of(way.item, epics)].append(way)
    scopes = (_scope(ways) for epic, ways in sorted(stories.items()) if ended.get(epic) == DONE)
    return [scope for scope in scopes if scope is not None]


def _scope(ways: list[Journey]) -> Scope | None:
    begins = [way.times[1] for way in ways if way.states[0] == BACKLOG and len(way.times) > 1]
    ends = [way.times[way.done_at] for way in ways if way.done_at is not None]
    if not begins or not ends:
        return None
    begin = min(begins)
    planned = [way for way in ways if way.times[0] < begin]
    if not planned or max(ends) < begin:
        return None
    delivered = sum(way.states[-1] == DONE for way in planned)
    return Scope(len(planned), delivered, len(ways), max(ends) - begin)


def points_and_cycles(planning: Planning) -> list[tuple[float, float]]:
    """The points of each story file and the days of its story's cycle, where both are known and the cycle took time."""
    cycles: Mapping[str, float] = {
        way.item: way.cycle_seconds / 86_400 for way in journeys(planning.changes) if way.cycle_seconds
    }
    points = {story.item: story.points for story in planning.stories if story.points is not None}
    return [(points[item], cycles[item]) for item in sorted(points.keys() & cycles.keys())]
