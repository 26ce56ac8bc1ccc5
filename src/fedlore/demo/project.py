"""One made-up project: from the bits that must hold of it to its whole history."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fedlore.demo.chance import Chance
from fedlore.demo.drafts import Draft
from fedlore.demo.files import Manifest, draw_documentation, draw_files, draw_manifests
from fedlore.demo.history import Changes, History, Step, Tag, spread, weave
from fedlore.demo.messages import BOTS, RELEASE_BOTS, Person, draw_body, draw_subjects, draw_trailers
from fedlore.demo.sources import Code, draw_languages, draw_sources
from fedlore.demo.texts import fill, read_table
from fedlore.demo.timeline import DAY, Timeline, Wanted, draw_timeline


@dataclass(frozen=True, slots=True)
class Place:
    """Where a project is at home: its organisation, its own name, and the people who may work on it (at least two)."""

    organisation: str
    project: str
    people: tuple[Person, ...]


def draw_project(chance: Chance, wanted: Mapping[str, bool], place: Place, as_of: int) -> History:
    """Draw the history of a project of which exactly the wanted of the fifteen practices and four outcomes hold.

    ``wanted`` has a value for each of `population.PRACTICES` and `population.OUTCOMES`; ``as_of`` (Unix seconds) is the
    time that outcomes look back from.
    """
    outcomes = Wanted(
        wanted["success.survival"], wanted["success.activity_slope"], wanted["success.release_regularity"]
    )
    timeline = draw_timeline(chance, outcomes, as_of)
    team = chance.some(place.people, chance.whole(2, 7))
    nouns = chance.some(read_table("words")["nouns"], chance.whole(3, 6))
    manifest, events = _draw_events(chance, wanted, place, nouns, len(timeline.commits))
    steps = _human_steps(chance, wanted, timeline, team, events)
    steps += _dependency_steps(chance, wanted["workflow.dependency_bot"], timeline, manifest, as_of)
    names = _release_names(chance, place.project, len(timeline.releases))
    automatic = chance.happens(0.4)
    if automatic:
        steps += _release_steps(chance, timeline, names)
    commits, main = weave(chance, sorted(steps, key=lambda step: step.time), chance.pick([0, 0, 0.1, 0.3]))
    times = [commits[index].step.time for index in main]
    plain = chance.happens(0.5) if automatic else len(names) < 4 and chance.happens(0.3)
    tags = [
        Tag(name, main[bisect_right(times, time) - 1], time, None if plain else team[0])
        for name, time in zip(names, timeline.releases, strict=True)
    ]
    if chance.happens(0.1):
        tags.append(Tag(chance.pick(["before-cleanup", "archive/prototype"]), chance.pick(main), 0, None))
    return History(commits, tags)


def _draw_events(
    chance: Chance, wanted: Mapping[str, bool], place: Place, nouns: Sequence[str], commits: int
) -> tuple[Manifest, list[tuple[str, Changes]]]:
    """The main manifest, and what each human commit is about and changes."""
    code = Code(
        tests=wanted["code.tests"],
        type_annotations=wanted["code.type_annotations"],
        logging=wanted["code.logging"],
        asynchronous=wanted["code.async"],
        data_types=wanted["code.data_types"],
    )
    languages = draw_languages(chance, code)
    names = {
        "organisation": place.organisation,
        "project": place.project,
        "package": place.project.replace("-", "_"),
        "noun": nouns[0],
    }
    sources = draw_sources(chance, languages, code, nouns, names)
    manifests = draw_manifests(chance, languages, names)
    built = [Draft.about("dependencies", manifest.path, [manifest.after(0)]) for manifest in manifests]
    later = [*sources[1:], *built[1:], *draw_files(chance, wanted, languages, names)]
    path, heading = chance.pick([("CHANGELOG.md", "Changes"), ("docs/usage.md", "Usage"), ("docs/faq.md", "Questions")])
    extra = draw_documentation(chance, path, heading, chance.whole(0, 4), nouns[0])
    versions = sum(len(draft.versions) for draft in [*later, extra]) + len(sources[0].versions) - 1
    title = place.project.replace("-", " ").capitalize()
    grown = max(1, commits - versions) + chance.whole(0, 2)
    readme = draw_documentation(chance, "README.md", title, grown, nouns[0])
    return manifests[0], spread(chance, [readme, built[0], sources[0]], [*later, extra], commits)


def _human_steps(
    chance: Chance,
    wanted: Mapping[str, bool],
    timeline: Timeline,
    team: Sequence[Person],
    events: Sequence[tuple[str, Changes]],
) -> list[Step]:
    number = len(timeline.commits)
    busy = chance.rng.exponential(chance.between(0.7, 2), number)
    authors = [team[int(place) % len(team)] for place in busy]
    subjects = draw_subjects(
        chance, number, wanted["workflow.conventional_commits"], wanted["success.corrective_share"]
    )
    trailers = draw_trailers(chance, authors, team, wanted["collaboration.coauthored"])
    steps = []
    for time, author, subject, trailer, (topic, changes) in zip(
        timeline.commits, authors, subjects, trailers, events, strict=True
    ):
        parts = [fill(subject, {"topic": topic}), draw_body(chance), trailer]
        steps.append(Step(time, author, "\n\n".join(part for part in parts if part) + "\n", changes))
    return steps


def _dependency_steps(
    chance: Chance, configured: bool, timeline: Timeline, manifest: Manifest, as_of: int
) -> list[Step]:
    """Updates by a bot in some projects; where nobody is left, the bot may go on."""
    if not chance.happens(0.5 if configured else 0.1):
        return []
    last = chance.pick([timeline.commits[-1], as_of - DAY])
    times = sorted(int(chance.between(timeline.commits[0] + DAY, last)) for _ in range(chance.whole(2, 8)))
    bot = chance.pick(BOTS)
    template = chance.pick(read_table("messages")["dependency_updates"])
    return [
        Step(
            time,
            bot,
            fill(template, {"old": f"1.{number}", "new": f"1.{number + 1}"}) + "\n",
            {manifest.path: manifest.after(number + 1)},
            human=False,
        )
        for number, time in enumerate(times)
    ]


def _release_names(chance: Chance, project: str, number: int) -> list[str]:
    prefix = chance.pick(["v", "v", "", f"{project}-"])
    major, minor = chance.whole(0, 2), chance.whole(0, 3)
    if chance.happens(0.5):
        return [f"{prefix}{major}.{minor + place}.0" for place in range(number)]
    return [f"{prefix}{major}.{minor}.{place}" for place in range(number)]


def _release_steps(chance: Chance, timeline: Timeline, names: Sequence[str]) -> list[Step]:
    bot = chance.pick(RELEASE_BOTS)
    template = chance.pick(read_table("messages")["releases"])
    return [
        Step(time, bot, fill(template, {"version": name}) + "\n", {"VERSION": f"{name}\n"}, human=False)
        for name, time in zip(names, timeline.releases, strict=True)
    ]
