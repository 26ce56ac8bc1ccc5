"""Artefacts of planned work for tests: real repositories with sprint files, and the same read without the parser."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from fedlore.observe.artefacts.kinds import artefact_kind
from fedlore.observe.artefacts.planning import planning_of, planning_revisions
from fedlore.observe.artefacts.reading import read_artefact
from fedlore.observe.evidence import History, Planning
from fedlore.observe.facts import Facts
from fedlore.observe.history.git import read_history
from fedlore.observe.opening import opened
from fedlore.observe.tree import TreeLimits, list_files
from tests.observe.histories import quoted

BEGIN = 1_700_000_000
HOUR = 3600
SPRINT = "_bmad-output/implementation-artifacts/sprint-status.yaml"


def sprint(**states: str) -> str:
    """A sprint file; ``s1_2`` is the story 1-2, ``e1`` the epic 1, ``r1`` its retrospective."""
    names = {"s": "  {}-a-slug: {}", "e": "  epic-{}: {}", "r": "  epic-{}-retrospective: {}"}
    lines = [names[key[0]].format(key[1:].replace("_", "-"), state) for key, state in states.items()]
    return "\n".join(["generated: 2026-01-05", "development_status:", *lines, ""])


def commit_all(folder: Path, revisions: Sequence[tuple[float, Mapping[str, str | None]]]) -> Path:
    """A repository with one commit for each revision: hours since the begin, and files (None: removed)."""
    stream: list[bytes] = []
    for number, (hours, files) in enumerate(revisions, 1):
        when = BEGIN + int(hours * HOUR)
        stream.append(
            b"commit refs/heads/main\nmark :%d\ncommitter A <a@example.org> %d +0000\ndata 1\nx" % (number, when)
        )
        stream.append(b"\nfrom :%d\n" % (number - 1) if number > 1 else b"\n")
        for path, text in files.items():
            data = None if text is None else text.encode()
            name = quoted(path.encode())
            stream.append(
                b"D %s\n" % name if data is None else b"M 644 inline %s\ndata %d\n%s\n" % (name, len(data), data)
            )
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(folder)], check=True)
    subprocess.run(["git", "-C", str(folder), "fast-import", "--quiet"], input=b"".join(stream), check=True)
    return folder


def read_planning(folder: Path) -> tuple[Planning, History, tuple[str, ...]]:
    """What a repository's artefacts tell, its history, and the notes."""
    with opened(folder) as repository:
        files = list_files(repository.repository, repository.head, TreeLimits()).files
        history = read_history(repository, None)[0]
        keys = {(file.blob, artefact_kind(file.path)) for file in files} | planning_revisions(history)
        facts = {key: _facts(key[1], repository.repository[key[0]].read_raw()) for key in keys if key[1]}
        planning, notes = planning_of(files, history, facts)
    return planning, history, notes


def _facts(kind: str, data: bytes) -> Facts:
    artefact, warning = read_artefact(kind, data)
    return Facts.from_json(Facts(artefact=artefact, warning=warning).to_json())
