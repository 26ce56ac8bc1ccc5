"""Stories and epics, planned and done: measures of three domains for projects that keep a sprint file.

Source of the states: the BMAD method's ``sprint-status.yaml``. The definitions are those of the catalogue's measures
``stories.*``; cycle time, throughput and work in progress are those of Anderson, Kanban (2010), chapters 3 and 12.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.artefacts.journeys import Journey, dwell_seconds, journeys
from fedlore.observe.artefacts.states import DONE, IN_PROGRESS, OTHER, READY, REVIEW
from fedlore.observe.evidence import Answer, Evidence, Place, Planning
from fedlore.observe.features.commits import DAY
from fedlore.observe.intervals import median_ends, rate_interval, sum_ratio_interval

_LEAST = 5
_LEAST_CYCLES = 3
_WEEK = 7 * DAY
_STALLED = 30 * DAY
_WORK = frozenset((IN_PROGRESS, REVIEW))
_MOST_PLACES = 10


def features(evidence: Evidence) -> dict[MeasureId, Answer]:
    """One answer for each measure ``stories.*``; all absent for projects without artefacts of planned work."""
    planning = evidence.planning
    ways = journeys(planning.changes)
    witnessed = [way for way in ways if way.is_witnessed]
    named = {
        "cycle_time": _cycle_time(ways),
        "waiting_time": _waiting_time(ways),
        "all_states": _all_states(witnessed),
        "size": _size(planning),
        "acceptance_criteria": _of_files(
            planning, "with acceptance criteria", [s.has_criteria for s in planning.stories]
        ),
        "estimated": _of_files(planning, "with an estimate", [s.points is not None for s in planning.stories]),
        "throughput": _throughput(ways, witnessed),
        "work_in_progress": _work_in_progress(ways),
        "review_share": _review_share(ways),
        "epics_accepted": _epics_accepted(planning),
        "straight_to_done": _straight(witnessed),
        "went_back": _went_back(ways),
        "stalled": _stalled(ways),
        "drift": _drift(planning),
        "without_retrospective": _without_retrospective(planning),
        "rejected_but_done": _rejected_but_done(planning),
    }
    return {MeasureId(f"stories.{name}"): answer for name, answer in named.items()}


def _share(part: str, some: int, whole: str, every: int, *, least: int = _LEAST, largest: float = 1.0) -> Answer:
    """The share of some among every one; absent where there are fewer than ``least``."""
    return Answer(min(some / every, largest) if every >= least else None, {part: some, whole: every})


def _days(what: str, seconds: Sequence[int]) -> Answer:
    enough = len(seconds) >= _LEAST_CYCLES
    value = median(seconds) / DAY if enough else None
    return Answer(value, {what: len(seconds)}, interval=median_ends(seconds, DAY))


def _cycle_time(ways: Sequence[Journey]) -> Answer:
    return _days(
        "stories seen in work and then done", [way.cycle_seconds for way in ways if way.cycle_seconds is not None]
    )


def _waiting_time(ways: Sequence[Journey]) -> Answer:
    return _days("stays in ready-for-dev that ended", dwell_seconds(ways, READY))


def _all_states(witnessed: Sequence[Journey]) -> Answer:
    wanted = {READY, IN_PROGRESS, REVIEW}
    some = sum(wanted <= set(way.states[: way.done_at]) for way in witnessed)
    return _share("stories seen in every state", some, "stories seen before they were done", len(witnessed))


def _size(planning: Planning) -> Answer:
    tasks = [story.tasks for story in planning.stories if story.tasks]
    value = float(median(tasks)) if len(tasks) >= _LEAST else None
    return Answer(value, {"story files with tasks": len(tasks)}, interval=median_ends(tasks))


def _of_files(planning: Planning, what: str, some: Sequence[bool]) -> Answer:
    return _share(f"story files {what}", sum(some), "story files", len(planning.stories))


def _throughput(ways: Sequence[Journey], witnessed: Sequence[Journey]) -> Answer:
    times = [time for way in ways for time in way.times]
    if len(witnessed) < _LEAST:
        return Answer(None, {"stories done": len(witnessed)})
    weeks = max((max(times) - min(times)) / _WEEK, 1.0)
    because = {"stories done": len(witnessed), "weeks": weeks}
    return Answer(len(witnessed) / weeks, because, interval=rate_interval(len(witnessed), weeks))


def _work_in_progress(ways: Sequence[Journey]) -> Answer:
    """The most stories that were in work at one time."""
    steps: list[tuple[int, int]] = []
    for way in ways:
        inside = False
        for time, state in zip(way.times, way.states, strict=True):
            if (state in _WORK) != inside:
                inside = not inside
                steps.append((time, 1 if inside else -1))
    most = now = 0
    # Of one moment, the ends come first.
    for _, step in sorted(steps):
        now += step
        most = max(most, now)
    worked = sum(way.worked_at is not None for way in ways)
    return Answer(float(most) if worked >= _LEAST else None, {"stories seen in work": worked})


def _review_share(ways: Sequence[Journey]) -> Answer:
    cycles = [way for way in ways if way.cycle_seconds is not None]
    totals = [way.cycle_seconds or 0 for way in cycles]
    ended = [
        Journey(way.item, way.times[: (way.done_at or 0) + 1], way.states[: (way.done_at or 0) + 1]) for way in cycles
    ]
    reviews = [sum(dwell_seconds([way], REVIEW)) for way in ended]
    review, total = sum(reviews), sum(totals)
    because = {"days in review": review / DAY, "days of all cycles": total / DAY}
    if len(cycles) < _LEAST_CYCLES or total <= 0:
        return Answer(None, because)
    return Answer(review / total, because, interval=sum_ratio_interval(reviews, totals))


def _epics_accepted(planning: Planning) -> Answer:
    verdicts = [verdict for verdict in planning.verdicts.values() if verdict]
    accepted = sum(verdict != "rejected" for verdict in verdicts)
    return _share("epics accepted", accepted, "epics with a verdict", len(verdicts), least=1)


def _straight(witnessed: Sequence[Journey]) -> Answer:
    some = sum(way.is_straight for way in witnessed)
    return _share("stories straight to done", some, "stories seen before they were done", len(witnessed))


def _went_back(ways: Sequence[Journey]) -> Answer:
    moved = [way for way in ways if len(way.states) > 1]
    return _share(
        "stories that went back", sum(way.went_back for way in moved), "stories that moved", len(moved), largest=0.5
    )


def _stalled(ways: Sequence[Journey]) -> Answer:
    newest = max((way.times[-1] for way in ways), default=0)
    worked = [way for way in ways if way.worked_at is not None]
    some = sum(way.states[-1] in _WORK and newest - way.times[-1] > _STALLED for way in worked)
    return _share("stories stalled in work", some, "stories seen in work", len(worked))


def _drift(planning: Planning) -> Answer:
    both = [
        (story, planning.states["story", story.item])
        for story in planning.stories
        if story.status not in ("", OTHER) and planning.states.get(("story", story.item), OTHER) != OTHER
    ]
    differing = [story for story, state in both if story.status != state]
    because = {"story files that disagree": len(differing), "story files with a state in the sprint file": len(both)}
    value = min(len(differing) / len(both), 0.5) if len(both) >= _LEAST else None
    return Answer(value, because, tuple(Place(story.path, 1) for story in differing[:_MOST_PLACES]))


def _done_epics(planning: Planning) -> list[str]:
    return [item for (kind, item), state in planning.states.items() if kind == "epic" and state == DONE]


def _without_retrospective(planning: Planning) -> Answer:
    done = _done_epics(planning)
    held = {item for (kind, item), state in planning.states.items() if kind == "retrospective" and state == DONE}
    some = sum(item not in held and item not in planning.verdicts for item in done)
    return _share("epics without a retrospective", some, "epics done", len(done), least=1)


def _rejected_but_done(planning: Planning) -> Answer:
    judged = [item for item in _done_epics(planning) if planning.verdicts.get(item)]
    some = sum(planning.verdicts[item] == "rejected" for item in judged)
    return _share("epics done but rejected", some, "epics done with a verdict", len(judged), least=1)
