"""Open a repository that may be hostile: a bare repository of our own borrows its objects and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pygit2

from fedlore.counting import counted
from fedlore.observe.command import RepositoryError
from fedlore.observe.references import locate, packed_references, release_references, resolve_head, shallow_cuts

__all__ = ["OpenedRepository", "RepositoryError", "Tag", "opened"]

_LARGEST_OBJECT = 1 << 20
_LARGEST_OF_TAGS = 1 << 16
_MOST_HOPS = 5


@dataclass(frozen=True, slots=True)
class Tag:
    """A release's tag that stands for a commit, and when it was made (Unix seconds; else when the commit was)."""

    name: bytes
    commit: str
    time: int


@dataclass(frozen=True, slots=True)
class OpenedRepository:
    """A bare repository of our own in a temporary folder: its HEAD and its releases' tags are the other's.

    ``place`` is the folder where its HEAD was found, ``shallow`` the commits where the clone was cut, in lines,
    ``mailmap`` the id of the blob that says which names at HEAD are one person, empty where there is none to read.
    ``notes`` are sentences for the owner about what such a repository cannot tell.
    """

    git_dir: Path
    head: str
    repository: pygit2.Repository
    place: bytes
    shallow: bytes = b""
    mailmap: str = ""
    tags: tuple[Tag, ...] = ()
    notes: tuple[str, ...] = ()


@contextmanager
def opened(path: Path | str) -> Iterator[OpenedRepository]:
    """Open the repository at ``path`` (a work tree, a bare repository, or a worktree's ``.git`` file) for reading.

    Nothing of the repository is run and none of its settings is obeyed: its objects are an alternate of ours. Raises
    `RepositoryError` if there is no repository, it is empty, or it is of a kind that is not read.
    """
    folders = locate(Path(path))
    packed = packed_references(folders)
    head = resolve_head(folders, packed)
    shallow = b"".join(cut + b"\n" for cut in shallow_cuts(folders))
    with TemporaryDirectory(prefix="fedlore-", dir=_quick_folder()) as folder:
        own = Path(folder)
        _make_bare(own, head, folders.objects, shallow)
        repository = pygit2.Repository(str(own))
        try:
            if not isinstance(_small_object(repository, head), pygit2.Commit):
                raise RepositoryError("the repository cannot be read: the commit of its HEAD is absent or broken")
            references, too_many = release_references(folders, packed)
            tags, unread_tags = _peeled(repository, references)
            kept = sorted((tag.name, references[tag.name]) for tag in tags)
            (own / "packed-refs").write_bytes(b"".join(b"%s %s\n" % (oid.encode(), name) for name, oid in kept))
            mailmap, notes = _mailmap(repository, head)
            notes = (*_cuts(bool(shallow), too_many, unread_tags), *notes)
            place = os.fsencode(folders.git_dir)
            yield OpenedRepository(own, head, repository, place, shallow, mailmap, tags, notes)
        finally:
            repository.free()


def _quick_folder() -> str | None:
    """Where a few small files cost no work of a disk (most of the time of a small repository); None for the default."""
    memory = "/dev/shm"  # noqa: S108 - the folder made there has a name of its own and is closed to others
    return memory if "TMPDIR" not in os.environ and os.access(memory, os.W_OK | os.X_OK) else None


def _make_bare(own: Path, head: str, objects: Path, shallow: bytes) -> None:
    (own / "objects" / "info").mkdir(parents=True)
    (own / "refs").mkdir()
    (own / "HEAD").write_text(f"{head}\n")
    (own / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tbare = true\n")
    # The list of alternates is read by lines: through a link no name of a folder can be more than one line.
    (own / "theirs").symlink_to(objects, target_is_directory=True)
    (own / "objects" / "info" / "alternates").write_text(f"{own / 'theirs'}\n")
    if shallow:
        (own / "shallow").write_bytes(shallow)


def _cuts(shallow: bool, too_many_tags: bool, unread_tags: int) -> Iterator[str]:
    if shallow:
        yield "The clone is shallow: the history before its cut is not counted."
    if too_many_tags:
        yield "There are too many tags of releases: some were not counted."
    if unread_tags:
        tags = counted(unread_tags, "tags of releases")
        yield f"Not counted: {tags} without a readable commit, which is absent, broken or too large."


def _small_object(repository: pygit2.Repository, object_id: str, most_bytes: int = _LARGEST_OBJECT) -> object:
    """The object; None if it is absent, broken, or larger than a commit or tag has reason to be."""
    try:
        _, size = repository.odb.read_header(object_id)
        return repository[object_id] if size <= most_bytes else None
    except (KeyError, ValueError, pygit2.GitError):
        return None


def _mailmap(repository: pygit2.Repository, head: str) -> tuple[str, tuple[str, ...]]:
    """The id of the ``.mailmap`` blob, or an empty text and perhaps the reason.

    An enormous one is left out, since the time that git takes grows with the square of its length.
    """
    try:
        blob = repository[head].peel(pygit2.Tree)[".mailmap"].id
    except (KeyError, ValueError, pygit2.GitError):
        return "", ()
    try:
        _, size = repository.odb.read_header(blob)
    except (KeyError, pygit2.GitError):
        return "", ("The .mailmap is broken or not in this copy of the repository: one person may count as several.",)
    if size > _LARGEST_OBJECT:
        return "", (f"The .mailmap is larger than {_LARGEST_OBJECT} bytes: one person may count as several.",)
    return str(blob), ()


@dataclass(frozen=True, slots=True)
class _Step:
    """What the way from a tag to its commit passes: a commit, a tag and what it names, or (both empty) neither."""

    commit: bool
    time: int | None = None
    target: str = ""


def _peeled(repository: pygit2.Repository, references: Mapping[bytes, str]) -> tuple[tuple[Tag, ...], int]:
    """The tags that stand for a commit, and how many may do so but cannot be read; no object is read twice."""
    steps: dict[str, _Step | None] = {}
    tags: list[Tag] = []
    unread = 0
    for name, reference in references.items():
        object_id = reference
        made: int | None = None
        for _ in range(_MOST_HOPS):
            if object_id not in steps:
                steps[object_id] = _step(repository, object_id)
            step = steps[object_id]
            if step is None:
                unread += 1
                break
            made = step.time if made is None else made
            if step.commit:
                tags.append(Tag(name, object_id, made or 0))
            if not step.target:
                break
            object_id = step.target
    return tuple(tags), unread


def _step(repository: pygit2.Repository, object_id: str) -> _Step | None:
    found = _small_object(repository, object_id, _LARGEST_OF_TAGS)
    if isinstance(found, pygit2.Commit):
        return _Step(True, found.commit_time)
    if isinstance(found, pygit2.Tag):
        return _Step(False, None if found.tagger is None else found.tagger.time, str(found.target))
    return None if found is None else _Step(False)
