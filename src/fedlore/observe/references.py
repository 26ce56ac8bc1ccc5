"""Find a repository's folders and read its HEAD and tags from plain files, obeying nothing that stands in them."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pygit2

from fedlore.observe.command import RepositoryError

_SMALL, _LARGE = 1 << 16, 1 << 28
_MOST_TAGS = 100_000
_MOST_HOPS = 5
_OBJECT = re.compile(rb"[0-9a-f]{40}")
_LONG_OBJECT = re.compile(rb"[0-9a-f]{64}")
_BORROWED = "borrows objects from another folder (objects/info/alternates): clone it without --shared or --reference"
_PACKED = re.compile(rb"^([0-9a-f]{40,64}) (refs/[^\n]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Folders:
    """Where HEAD is (``git_dir``), and where references and objects are (``common_dir``: another one in a worktree)."""

    git_dir: Path
    common_dir: Path

    @property
    def objects(self) -> Path:
        return self.common_dir / "objects"


def printable(sentence: str) -> str:
    """The sentence with every character that is not printed as itself (control, bidi, half a pair) made U+FFFD."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in sentence)


def head_of(path: Path | str) -> str:
    """The commit id that the HEAD of the repository at ``path`` names, from plain files; no object is looked up.

    Raises `RepositoryError` where `fedlore.observe.opening.opened` would for the same files.
    """
    try:
        folders = locate(Path(path))
        return resolve_head(folders, packed_references(folders))
    except OSError as error:
        raise RepositoryError(printable(f"the repository cannot be read: {error}")) from None


def read_regular(path: Path, limit: int = _SMALL) -> bytes | None:
    """The content of a regular file, or None if there is no such file; never waits on a pipe or a device.

    Raises `RepositoryError` if the file is longer than ``limit`` bytes.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return None
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise RepositoryError(printable(f"not read: {path.name} is longer than {limit} bytes"))
    return content


def locate(path: Path) -> Folders:
    """The folders of the repository at ``path``: a work tree, a bare repository, or the ``.git`` file of either.

    Raises `RepositoryError` where there is none, or one that is made of another. Folders above ``path`` are not
    searched.
    """
    if not path.exists():
        raise RepositoryError(printable(f"no such path: {path}"))
    inner = path / ".git"
    git_dir = inner if inner.is_dir() else path
    pointer = path if path.is_file() else inner
    if (content := read_regular(pointer)) is not None:
        if not content.startswith(b"gitdir: "):
            raise RepositoryError(printable(f"not a git repository: {path}"))
        git_dir = _named(pointer.parent, content[8:])
        if not _belongs_to(git_dir, pointer):
            raise RepositoryError(printable(f"not read: the folder that {pointer} names does not belong to it"))
    folders = Folders(git_dir.resolve(), _common_dir(git_dir.resolve()))
    if not folders.objects.is_dir() or not os.path.lexists(folders.git_dir / "HEAD"):
        raise RepositoryError(printable(f"not a git repository: {path}"))
    _refuse_borrowed_objects(folders.objects, (path.resolve(), folders.common_dir))
    return folders


def _named(folder: Path, line: bytes) -> Path:
    """The path that a line of a file names, seen from ``folder``."""
    name = line.strip(b"\r\n")
    if b"\0" in name:
        raise RepositoryError("not a git repository: a path in its git folder holds a zero byte")
    return folder / os.fsdecode(name)


def _common_dir(git_dir: Path) -> Path:
    """Where references and objects are: for a worktree, the folder above its ``worktrees``, and no other one."""
    content = read_regular(git_dir / "commondir")
    if content is None:
        return git_dir
    common_dir = _named(git_dir, content).resolve()
    if git_dir.parent != common_dir / "worktrees":
        raise RepositoryError("not read: the folder that its commondir names does not belong to it")
    return common_dir


def _refuse_borrowed_objects(objects: Path, own: tuple[Path, ...]) -> None:
    """Raise `RepositoryError` if an alternate of ``objects`` lies in none of the folders ``own``.

    Otherwise a project from elsewhere could be a copy of any repository of this machine. Only what every reader of
    alternates takes for the same folder is let through, and such a folder may have no alternates itself.
    """
    content = read_regular(objects / "info" / "alternates")
    if content is None and os.path.lexists(objects / "info" / "alternates"):
        raise RepositoryError(_BORROWED)
    for line in (content or b"").split(b"\n"):
        if not line or line.startswith(b"#"):
            continue
        alternate = _named(objects, line)
        # git follows `..` in the name, libgit2 in the folders.
        readings = (alternate.resolve(), Path(os.path.normpath(alternate)).resolve())
        inside = all(any(reading.is_relative_to(folder) for folder in own) for reading in readings)
        if not line.startswith((b"/", b".")) or not inside or os.path.lexists(alternate / "info" / "alternates"):
            raise RepositoryError(_BORROWED)


def _belongs_to(git_dir: Path, pointer: Path) -> bool:
    """Whether a git folder is that of a worktree which it names itself, or of a submodule of a repository above.

    Otherwise a project from elsewhere could pass off any repository of this machine as its own.
    """
    back = read_regular(git_dir / "gitdir")
    if back is not None:
        return _named(git_dir, back).resolve() == pointer.resolve()
    modules = (folder / ".git" / "modules" for folder in pointer.resolve().parents)
    return any(git_dir.resolve().is_relative_to(folder) for folder in modules)


def packed_references(folders: Folders) -> dict[bytes, bytes]:
    """The packed references: name to object id in hexadecimal."""
    content = read_regular(folders.common_dir / "packed-refs", _LARGE) or b""
    return {name: object_id for object_id, name in _PACKED.findall(content)}


def resolve_head(folders: Folders, packed: dict[bytes, bytes]) -> str:
    """The object id that HEAD stands for, in hexadecimal.

    Raises `RepositoryError` if HEAD names nothing (an empty repository), or objects named by SHA-256.
    """
    content = read_regular(folders.git_dir / "HEAD") or b""
    for _ in range(_MOST_HOPS):
        value = content.strip()
        if _OBJECT.fullmatch(value):
            return value.decode()
        if _LONG_OBJECT.fullmatch(value):
            raise RepositoryError("not read: this repository names its objects by SHA-256")
        name = value.removeprefix(b"ref:").strip()
        if name == b"refs/heads/.invalid":
            raise RepositoryError("not read: this repository keeps its references in a reftable")
        if not value.startswith(b"ref:") or not is_reference_name(name):
            raise RepositoryError("not a git repository: its HEAD names no reference")
        content = read_regular(folders.common_dir / os.fsdecode(name)) or packed.get(name, b"")
        if not content:
            raise RepositoryError("the repository is empty: its HEAD has no commit yet")
    raise RepositoryError("not a git repository: its HEAD names itself")


def tag_references(folders: Folders, packed: dict[bytes, bytes]) -> dict[bytes, str]:
    """The tags: full name to object id; a loose reference wins over a packed one."""
    found = {name: object_id for name, object_id in packed.items() if name.startswith(b"refs/tags/")}
    found.update(_loose_tags(folders.common_dir))
    tags = ((name, object_id) for name, object_id in found.items() if _OBJECT.fullmatch(object_id))
    return {name: object_id.decode() for name, object_id in islice(tags, _MOST_TAGS) if is_reference_name(name)}


def is_reference_name(name: bytes) -> bool:
    """Whether git takes this for the full name of a reference: it holds no ``..``, blank or control character."""
    try:
        return name.startswith(b"refs/") and b"\0" not in name and bool(pygit2.reference_is_valid_name(name.decode()))
    except UnicodeDecodeError:
        return False


def _loose_tags(common_dir: Path) -> Iterator[tuple[bytes, bytes]]:
    top = common_dir / "refs" / "tags"
    if top.is_symlink():
        return
    files = (Path(folder, name) for folder, _, names in os.walk(top) for name in names)
    for file in islice(files, _MOST_TAGS):
        content = read_regular(file)
        if content is not None:
            yield os.fsencode(file.relative_to(common_dir)), content.strip()
