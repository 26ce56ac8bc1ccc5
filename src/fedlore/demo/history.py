"""The history of a made-up project: its drafts spread over commits, woven with merges, bots and releases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile

from fedlore.demo.chance import Chance
from fedlore.demo.drafts import Draft
from fedlore.demo.messages import Person

Changes = dict[str, str | None]
"""Path to new content; None removes the file."""

_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Step:
    """What one commit will be, before its parents are known."""

    time: int
    author: Person
    message: str
    changes: Changes
    human: bool = True


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit; ``parents`` are places in the history's list, all before this one.

    A merge's step holds the changes of its whole branch.
    """

    step: Step
    parents: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tag:
    """A name for the commit at a place of the history; annotated at ``time`` by ``tagger`` unless that is None."""

    name: str
    commit: int
    time: int
    tagger: Person | None


@dataclass(frozen=True, slots=True)
class History:
    """Commits from the oldest to the newest, which is HEAD, and the tags."""

    commits: list[Commit]
    tags: list[Tag]


def spread(chance: Chance, first: Sequence[Draft], later: Sequence[Draft], number: int) -> list[tuple[str, Changes]]:
    """Spread all versions over so many commits (at least two): what each is about, and its changes.

    The first commit holds the first version of each file of ``first``. A file's versions keep their order; nothing else
    is kept. Raises `ValueError` if there are too few versions.
    """
    begin: Changes = {draft.path: draft.versions[0].content for draft in first}
    files = [(draft, iter(draft.versions[1:])) for draft in first] + [(draft, iter(draft.versions)) for draft in later]
    turns = [place for place, draft in enumerate(first) for _ in draft.versions[1:]]
    turns += [place + len(first) for place, draft in enumerate(later) for _ in draft.versions]
    if len(turns) < number - 1:
        raise ValueError(f"{len(turns)} versions are too few for {number} commits")
    cuts = sorted(chance.some(range(1, len(turns)), number - 2))
    turns = chance.some(turns, len(turns))
    commits = [("first version", begin)]
    for start, end in pairwise([0, *cuts, len(turns)]):
        made = [(draft.path, next(versions)) for draft, versions in (files[turn] for turn in turns[start:end])]
        commits.append((made[0][1].topic, {path: version.content for path, version in made}))
    return commits


def weave(chance: Chance, steps: Sequence[Step], merges: float) -> tuple[list[Commit], list[int]]:
    """Commits from steps in order of time, and the places of those that stand on the main line.

    With this probability a few human steps in a row stand on a branch of their own, which is then merged.
    """
    commits: list[Commit] = []
    main: list[int] = []
    rest = list(steps)
    while rest:
        human = len(list(takewhile(lambda step: step.human, rest)))
        length = min(human, chance.whole(1, 3)) if main and chance.happens(merges) else 0
        branch, rest = (rest[:length], rest[length:]) if length else (rest[:1], rest[1:])
        tip = main[-1:]
        for step in branch:
            commits.append(Commit(step, tuple(tip)))
            tip = [len(commits) - 1]
        if length:
            pause = (rest[0].time - branch[-1].time) // 2 if rest else _HOUR
            commits.append(Commit(_merge(chance, branch, pause), (main[-1], *tip)))
        main.append(len(commits) - 1)
    return commits, main


def _merge(chance: Chance, branch: Sequence[Step], pause: int) -> Step:
    last = branch[-1]
    name = "-".join(last.message.splitlines()[0].lower().split()[-2:]).strip("()#:") or "work"
    subject = chance.pick([f"Merge branch '{name}'", f"Merge pull request #{chance.whole(2, 400)} from {name}"])
    changes = {path: content for step in branch for path, content in step.changes.items()}
    return Step(
        last.time + min(pause, int(chance.between(0.2, 20) * _HOUR)), last.author, subject, changes, human=False
    )
