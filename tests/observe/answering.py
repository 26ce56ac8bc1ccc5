"""Ask the domains of the history for their answers, and change evidence in ways that a test needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Answer, Churn, Evidence, History, SourceFile, Tree, Value
from fedlore.observe.features import collaboration, communication, process, skills, workflow
from fedlore.observe.history.order import PLAIN

MODULES = (workflow, collaboration, process, communication, skills)


def answers(evidence: Evidence) -> dict[MeasureId, Answer]:
    return {key: answer for module in MODULES for key, answer in module.features(evidence).items()}


def answer(name: str, evidence: Evidence) -> Answer:
    return answers(evidence)[MeasureId(name)]


def value(name: str, evidence: Evidence) -> Value:
    return answer(name, evidence).value


def with_files(evidence: Evidence, *files: SourceFile) -> Evidence:
    return replace(evidence, tree=Tree(list(files)))


def with_lines(evidence: Evidence, lines: Mapping[bytes, tuple[int, int]]) -> Evidence:
    """The same with churn: every change of a path in ``lines`` adds and deletes so many, all others are not counted."""
    history = evidence.history
    of_path = np.array([lines.get(path, (-1, -1)) for path in history.paths], np.int32).reshape(-1, 2)
    changed = of_path[history.changed_path]
    return replace(evidence, churn=Churn(changed[:, 0].copy(), changed[:, 1].copy()))


def with_parents(evidence: Evidence, parents: Sequence[tuple[int, ...]]) -> Evidence:
    """The same commits (oldest first, at different times) in another graph: the places of each one's parents."""
    history, count = evidence.history, len(parents)
    rows = [[count - 1 - place for place in places] for places in reversed(parents)]
    first, second = (np.array([row[n] if n < len(row) else -1 for row in rows], np.int32) for n in (0, 1))
    number = np.array([len(row) for row in rows], np.int32)
    return replace(evidence, history=replace(history, first_parent=first, second_parent=second, parents=number))


def shuffled(history: History, seed: int) -> History:
    """The same history with commits of the same second, changes of a commit, paths and people in another order."""
    generator = np.random.default_rng(seed)
    order = np.lexsort((generator.random(history.commits), -history.commit_time))
    row = np.full(history.commits + 1, -1, np.int32)
    row[order] = np.arange(history.commits, dtype=np.int32)
    commit = row[history.changed_commit]
    changes = np.lexsort((generator.random(len(commit)), commit))
    path, person = (generator.permutation(len(names)) for names in (history.paths, history.people))
    new_path, new_person = np.argsort(path).astype(np.int32), np.argsort(person).astype(np.int32)
    return replace(
        history,
        **{name: getattr(history, name)[order] for name in PLAIN},
        commit=history.commit[order],
        author=new_person[history.author[order]],
        first_parent=row[history.first_parent[order]],
        second_parent=row[history.second_parent[order]],
        changed_commit=commit[changes],
        changed_path=new_path[history.changed_path[changes]],
        changed_status=history.changed_status[changes],
        changed_old=history.changed_old[changes],
        changed_new=history.changed_new[changes],
        paths=[history.paths[number] for number in path],
        people=[history.people[number] for number in person],
        head=int(row[history.head]),
    )
