"""Histories for tests: real repositories made by git fast-import, and the same shape made in memory."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fedlore.observe.evidence import Evidence, History, SourceFile, Tree

DAY = 86_400
BEGIN = 1_600_000_000
ALICE = (b"Alice Ash", b"alice@example.org")
BOB = (b"Bob Birch", b"bob@example.org")
CAROL = (b"Carol Cedar", b"carol@example.org")
DEPENDABOT = (b"dependabot[bot]", b"49699333+dependabot[bot]@users.noreply.github.com")
PEOPLE = (ALICE, BOB, CAROL, DEPENDABOT)


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit: ``day`` counts from the begin; ``files`` says what is added (A), modified (M) or removed (D)."""

    subject: bytes = b"Change it"
    day: float = 0
    who: tuple[bytes, bytes] = ALICE
    files: dict[bytes, str] = field(default_factory=dict)
    merges: int | None = None
    zone: str = "+0000"
    written_day: float | None = None
    body: bytes = b""
    coauthors: int = 0
    by_agent: bool = False
    reviewed: bool = False

    @property
    def landed(self) -> int:
        return BEGIN + int(self.day * DAY)

    @property
    def written(self) -> int:
        return self.landed if self.written_day is None else BEGIN + int(self.written_day * DAY)


def make_repository(folder: Path, commits: Sequence[Commit], tags: Sequence[tuple[str, int]] = ()) -> Path:
    """A bare repository with these commits, oldest first; a tag is a name and the number of its commit."""
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(folder)], check=True)
    stream: list[bytes] = []
    for number, commit in enumerate(commits, 1):
        message = commit.subject + (b"\n\n" + commit.body if commit.body else b"") + b"\n"
        stream += [
            b"commit refs/heads/main\nmark :%d\n" % number,
            b"author %s <%s> %d %s\n" % (*commit.who, commit.written, commit.zone.encode()),
            b"committer %s <%s> %d +0000\ndata %d\n%s" % (*commit.who, commit.landed, len(message), message),
            b"from :%d\n" % (number - 1) if number > 1 else b"",
            b"merge :%d\n" % commit.merges if commit.merges is not None else b"",
        ]
        for path, status in commit.files.items():
            content = b"%s %d\n" % (path.replace(b"\n", b" "), number)
            added = b"M 100644 inline %s\ndata %d\n%s" % (quoted(path), len(content), content)
            stream.append(b"D %s\n" % quoted(path) if status == "D" else added)
    stream += [b"reset refs/tags/%s\nfrom :%d\n\n" % (name.encode(), number) for name, number in tags]
    run_git(folder, "fast-import", "--quiet", stdin=b"".join(stream))
    return folder


def quoted(path: bytes) -> bytes:
    """A path as fast-import reads it between quotes."""
    return (
        b'"'
        + b"".join(bytes([byte]) if 32 < byte < 127 and byte not in b'"\\' else b"\\%03o" % byte for byte in path)
        + b'"'
    )


def run_git(folder: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """What a git command prints; raises if it fails."""
    return subprocess.run(["git", "-C", str(folder), *arguments], input=stdin, check=True, capture_output=True).stdout


def make_evidence(
    commits: Sequence[Commit],
    *,
    paths: Sequence[bytes] = (),
    release_days: Sequence[float] = (),
    as_of_day: float = 1000,
) -> Evidence:
    """What reading these commits (oldest first) would give; ``paths`` are the files at HEAD."""
    newest_first = list(reversed(commits))
    known = {path: None for commit in newest_first for path in commit.files}
    numbers = {path: number for number, path in enumerate(known)}
    people = {who: number for number, who in enumerate(dict.fromkeys(commit.who for commit in newest_first))}
    changes = [
        (index, numbers[path], ord(status))
        for index, commit in enumerate(newest_first)
        for path, status in commit.files.items()
    ]
    changed = np.array(changes, np.int64).reshape(-1, 3)
    history = History(
        author_time=np.array([commit.written for commit in newest_first], np.int64),
        commit_time=np.array([commit.landed for commit in newest_first], np.int64),
        offset_minutes=np.array([int(commit.zone[:3]) * 60 for commit in newest_first], np.int32),
        author=np.array([people[commit.who] for commit in newest_first], np.int32),
        is_bot=np.array([commit.who == DEPENDABOT for commit in newest_first], np.bool_),
        parents=np.array([2 if commit.merges is not None else 1 for commit in newest_first], np.int32),
        subject=[commit.subject for commit in newest_first],
        coauthors=np.array([commit.coauthors for commit in newest_first], np.int32),
        by_agent=np.array([commit.by_agent for commit in newest_first], np.bool_),
        reviewed=np.array([commit.reviewed for commit in newest_first], np.bool_),
        changed_commit=changed[:, 0].astype(np.int32),
        changed_path=changed[:, 1].astype(np.int32),
        changed_status=changed[:, 2].astype(np.uint8),
        paths=list(known),
        release_times=np.array([BEGIN + int(day * DAY) for day in release_days], np.int64),
    )
    tree = Tree([SourceFile(path, "", "", 0) for path in paths])
    return Evidence(history, tree, BEGIN + int(as_of_day * DAY))
