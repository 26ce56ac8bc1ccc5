"""Walk the tree of HEAD in the object database: nothing is checked out, no link is followed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pygit2

from fedlore.counting import counted
from fedlore.observe.confined import ParserLimits
from fedlore.observe.evidence import SourceFile
from fedlore.observe.naming import language_of

_FOLDER, _FILE, _EXECUTABLE = 0o040000, 0o100644, 0o100755
_OLD_FILE = 0o100664


@dataclass(frozen=True, slots=True)
class TreeLimits:
    """How much of a tree is read; what lies beyond a limit is left out and said in a note.

    ``blob_bytes`` is the size above which a file is listed but not read, ``read_bytes`` the sum over a repository.
    """

    entries: int = 300_000
    depth: int = 100
    path_bytes: int = 4_096
    blob_bytes: int = 1_000_000
    read_files: int = 30_000
    read_bytes: int = 200_000_000
    parser: ParserLimits = field(default_factory=ParserLimits)


@dataclass(frozen=True, slots=True)
class Listing:
    """The regular files of a tree, files before folders, and sentences about what was left out."""

    files: list[SourceFile]
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Missed:
    deep: int = 0
    long: int = 0
    beyond: bool = False
    absent: int = 0

    def notes(self, limits: TreeLimits) -> tuple[str, ...]:
        notes = []
        if self.beyond:
            notes.append(f"The tree has more than {limits.entries:,} entries; the rest was left out.")
        if self.deep:
            notes.append(f"Left out: {counted(self.deep, f'folders that lie deeper than {limits.depth} levels')}.")
        if self.long:
            notes.append(f"Left out: {counted(self.long, f'paths that are longer than {limits.path_bytes:,} bytes')}.")
        if self.absent:
            notes.append(
                f"Broken, or not in this copy of the repository: {counted(self.absent, 'entries of the tree at HEAD')}."
            )
        return tuple(notes)


def list_files(repository: pygit2.Repository, commit: str, limits: TreeLimits) -> Listing:
    """The regular files at a commit with language and size (0 if absent); symlinks and submodules are left out.

    Paths are only ever compared, never opened, so a tree entry named ``..`` or ``/`` reaches nothing. The number of
    entries is bounded, since a few hundred bytes of trees that hold one another can name more files than fit on a disk.
    """
    missed = _Missed()
    files: list[SourceFile] = []
    for path, blob in _entries(repository, commit, limits, missed):
        try:
            size = repository.odb.read_header(blob)[1]
        except (KeyError, pygit2.GitError):
            missed.absent += 1
            size = 0
        files.append(SourceFile(path, str(blob), language_of(path), size))
    return Listing(files, missed.notes(limits))


def _entries(
    repository: pygit2.Repository, commit: str, limits: TreeLimits, missed: _Missed
) -> Iterator[tuple[bytes, pygit2.Oid]]:
    """Paths and ids of the regular files, depth first."""
    folders = [(b"", 0, repository[commit].peel(pygit2.Tree).id)]
    seen = 0
    while folders:
        prefix, depth, tree_id = folders.pop()
        try:
            tree = repository[tree_id].peel(pygit2.Tree)
        except (KeyError, ValueError, pygit2.GitError):
            missed.absent += 1
            continue
        below = []
        for entry in tree:
            seen += 1
            if seen > limits.entries:
                missed.beyond = True
                return
            name = entry.raw_name or b""
            if len(prefix) + len(name) > limits.path_bytes:
                missed.long += 1
                continue
            path = prefix + name
            if entry.filemode in (_FILE, _EXECUTABLE, _OLD_FILE):
                yield path, entry.id
            elif entry.filemode == _FOLDER and depth >= limits.depth:
                missed.deep += 1
            elif entry.filemode == _FOLDER:
                below.append((path + b"/", depth + 1, entry.id))
        folders.extend(reversed(below))
