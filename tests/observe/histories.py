"""Histories for tests: real repositories made by git fast-import, and the same shape made in memory."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fedlore.observe.evidence import Evidence, History, Objects, SourceFile, Tree
from fedlore.observe.history.order import Part, canonical
from fedlore.observe.history.people import person_hash
from fedlore.observe.history.subjects import lengths, said_in

DAY = 86_400
BEGIN = 1_600_000_000
ALICE = (b"Alice Ash", b"alice@example.org")
BOB = (b"Bob Birch", b"bob@example.org")
CAROL = (b"Carol Cedar", b"carol@example.org")
DEPENDABOT = (b"dependabot[bot]", b"49699333+dependabot[bot]@users.noreply.github.com")
SALT = b"salt of the tests"
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


def subjects(folder: Path, history: History) -> list[bytes]:
    """The subjects of a history's commits, in its order, from git: the history itself does not hold them."""
    ids = "".join(f"{bytes(commit).hex()}\n" for commit in history.commit).encode()
    command = ["log", "-z", "--no-walk=unsorted", "--stdin", "--format=tformat:%s"]
    return run_git(folder, *command, stdin=ids).split(b"\0")[:-1] if ids else []


def make_evidence(
    commits: Sequence[Commit],
    *,
    paths: Sequence[bytes] = (),
    release_days: Sequence[float] = (),
    as_of_day: float = 1000,
) -> Evidence:
    """What reading these commits (oldest first) would give; ``paths`` are the files at HEAD.

    Ids of commits and blobs are made up: a commit's is its place among the others.
    """
    count = len(commits)
    paths_seen = {
        path: number for number, path in enumerate(dict.fromkeys(path for one in commits for path in one.files))
    }
    people = {who: number for number, who in enumerate(dict.fromkeys(one.who for one in commits))}
    changes = [
        (index, paths_seen[path], ord(status))
        for index, commit in enumerate(commits)
        for path, status in sorted(commit.files.items())
        if commit.merges is None
    ]
    changed = np.array(changes, np.int64).reshape(-1, 3)
    ids = numbered_ids(range(1, count + 1))
    said = [one.subject for one in commits]
    history = History(
        commit=ids,
        author_time=np.array([one.written for one in commits], np.int64),
        commit_time=np.array([one.landed for one in commits], np.int64),
        offset_minutes=np.array([int(one.zone[:3]) * 60 for one in commits], np.int32),
        author=np.array([people[one.who] for one in commits], np.int32),
        is_bot=np.array([one.who == DEPENDABOT for one in commits], np.bool_),
        parents=np.array([min(index, 1) + (one.merges is not None) for index, one in enumerate(commits)], np.int32),
        first_parent=np.full(count, -1, np.int32),
        second_parent=np.full(count, -1, np.int32),
        said=said_in(said),
        subject_length=lengths(said),
        coauthors=np.array([one.coauthors for one in commits], np.int32),
        by_agent=np.array([one.by_agent for one in commits], np.bool_),
        reviewed=np.array([one.reviewed for one in commits], np.bool_),
        at_cut=np.zeros(count, np.bool_),
        changed_commit=changed[:, 0].astype(np.int32),
        changed_path=changed[:, 1].astype(np.int32),
        changed_status=changed[:, 2].astype(np.uint8),
        changed_old=numbered_ids(_blobs_before(changed)),
        changed_new=numbered_ids(_blobs_after(changed)),
        paths=list(paths_seen),
        people=[person_hash(*who, SALT) for who in people],
        release_times=np.sort(np.array([BEGIN + int(day * DAY) for day in release_days], np.int64)),
        head=-1,
    )
    first = numbered_ids(range(count))
    second = numbered_ids([one.merges or 0 for one in commits])
    tree = Tree([SourceFile(path, "", "", 0) for path in paths])
    ordered = canonical(Part(history, first, second))
    last = np.flatnonzero((ordered.commit == ids[-1:]).all(axis=1)) if count else [-1]
    return Evidence(replace(ordered, head=int(last[0])), tree, BEGIN + int(as_of_day * DAY))


def numbered_ids(numbers: Iterable[int]) -> Objects:
    """An object id for each number; that of 0 stands for no object."""
    return np.frombuffer(b"".join(number.to_bytes(20, "big") for number in numbers), np.uint8).reshape(-1, 20)


def _blobs_after(changed: npt.NDArray[np.int64]) -> list[int]:
    """A blob of its own for each change but a removal."""
    return [0 if status == ord("D") else number + 1 for number, (_, _, status) in enumerate(changed.tolist())]


def _blobs_before(changed: npt.NDArray[np.int64]) -> list[int]:
    """The blob that the path had before each change."""
    now: dict[int, int] = {}
    before = []
    for (_, path, status), blob in zip(changed.tolist(), _blobs_after(changed), strict=True):
        before.append(0 if status == ord("A") else now.get(path, 0))
        now[path] = blob
    return before
