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
_MOST_CUT_BYTES = 1 << 24
_MOST_TAGS = 100_000
_MOST_HOPS = 5
_OBJECT = re.compile(rb"[0-9a-f]{40}")
_LONG_OBJECT = re.compile(rb"[0-9a-f]{64}")
_BORROWED = "borrows objects from another folder (objects/info/alternates): clone it without --shared or --reference"
_CUT = re.compile(rb"^[0-9a-f]{40}$", re.MULTILINE)
_PACKED = re.compile(rb"^([0-9a-f]{40,64}) (refs/[^\n]+)$", re.MULTILINE)
_RELEASE = re.compile(rb"(?:^|[^0-9A-Za-z.])[vVrR]?\d+(?:[._]\d+)++(?![0-9]|[._][xX*](?![0-9A-Za-z]))|^[vVrR]?\d+$")


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


@dataclass(frozen=True, slots=True)
class Claim:
    """What a repository's plain files say of it: the commit id of HEAD, and whether the clone is shallow."""

    head: str = ""
    shallow: bool = False


def head_of(path: Path | str) -> str:
    """The commit id that the HEAD of the repository at ``path`` names; see `claim_of`."""
    return claim_of(path).head


def claim_of(path: Path | str) -> Claim:
    """What the repository at ``path`` claims to be, from plain files; no object is looked up.

    Raises `RepositoryError` where `fedlore.observe.opening.opened` would for the same files.
    """
    try:
        folders = locate(Path(path))
        return Claim(resolve_head(folders, packed_references(folders)), bool(shallow_cuts(folders)))
    except OSError as error:
        raise RepositoryError(printable(f"the repository cannot be read: {error}")) from None


def read_regular(path: Path, limit: int = _SMALL) -> bytes | None:
    """The content of a regular file, or None if there is none; never waits on a pipe or a device, follows no link.

    Raises `RepositoryError` if the file is longer than ``limit`` bytes.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
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
    if inner.is_symlink():
        raise RepositoryError(printable(f"not read: {inner} is a symbolic link"))
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
    _refuse_links_out(folders)
    _refuse_borrowed_objects(folders.objects, (path.resolve(), folders.common_dir))
    return folders


def _refuse_links_out(folders: Folders) -> None:
    """Raise `RepositoryError` if HEAD, a list of references, or anything of the objects is a link out of the folders.

    Otherwise a project from elsewhere could pass off any repository of this machine as its own.
    """
    named = (folders.git_dir / "HEAD", *(folders.common_dir / name for name in ("objects", "refs", "packed-refs")))
    for entry in named:
        if not any(_real(entry).is_relative_to(folder) for folder in (folders.git_dir, folders.common_dir)):
            raise RepositoryError(printable(f"not read: {entry} is a symbolic link out of the git folder"))
    for entry in _links_out_of(folders.objects):
        raise RepositoryError(printable(f"not read: {entry} is a symbolic link out of the objects' folder"))


def _real(path: Path) -> Path:
    """The path without links; unlike `Path.resolve` it takes links in a circle as they are."""
    return Path(os.path.realpath(path))


def _links_out_of(top: Path) -> Iterator[Path]:
    """The symbolic links in a folder, or in those below it, that lead out of it; where they lead is searched too."""
    real = _real(top)
    folders = [os.fspath(real)]
    while folders:
        try:
            entries = list(os.scandir(folders.pop()))
        except OSError as error:
            raise RepositoryError(printable(f"the repository cannot be read: {error}")) from None
        links = (Path(entry.path) for entry in entries if entry.is_symlink())
        yield from (link for link in links if not _real(link).is_relative_to(real))
        folders += [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]


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
        borrowed = os.path.lexists(alternate / "info" / "alternates") or any(map(_reaches_out, readings))
        if not line.startswith((b"/", b".")) or not inside or borrowed:
            raise RepositoryError(_BORROWED)


def _reaches_out(objects: Path) -> bool:
    return objects.is_dir() and any(True for _ in _links_out_of(objects))


def _belongs_to(git_dir: Path, pointer: Path) -> bool:
    """Whether a git folder is that of a worktree which it names itself, or of a submodule of a repository above.

    Otherwise a project from elsewhere could pass off any repository of this machine as its own.
    """
    back = read_regular(git_dir / "gitdir")
    if back is not None:
        return _named(git_dir, back).resolve() == pointer.resolve()
    modules = (folder / ".git" / "modules" for folder in pointer.resolve().parents)
    return any(git_dir.resolve().is_relative_to(folder) for folder in modules)


def shallow_cuts(folders: Folders) -> tuple[bytes, ...]:
    """The ids, in hexadecimal and in order, of the commits at which a shallow clone was cut."""
    return tuple(sorted(_CUT.findall(read_regular(folders.common_dir / "shallow", _MOST_CUT_BYTES) or b"")))


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
        content = _loose(folders.common_dir, name) or packed.get(name, b"")
        if not content:
            raise RepositoryError("the repository is empty: its HEAD has no commit yet")
    raise RepositoryError("not a git repository: its HEAD names itself")


def _loose(common_dir: Path, name: bytes) -> bytes | None:
    """The content of a loose reference, if it lies in the folder and no link leads to it."""
    file = common_dir / os.fsdecode(name)
    return read_regular(file) if _real(file).is_relative_to(common_dir) else None


def release_references(folders: Folders, packed: dict[bytes, bytes]) -> tuple[dict[bytes, str], bool]:
    """The tags of releases (full name to object id; loose wins over packed), and whether there are too many for all."""
    releases = (pair for pair in packed.items() if pair[0].startswith(b"refs/tags/") and is_release(pair[0]))
    found = dict(islice(releases, _MOST_TAGS + 1))
    found.update(_loose_releases(folders.common_dir))
    tags = ((name, object_id) for name, object_id in found.items() if _OBJECT.fullmatch(object_id))
    kept = {name: object_id.decode() for name, object_id in islice(tags, _MOST_TAGS) if is_reference_name(name)}
    return kept, len(found) > _MOST_TAGS


def is_release(tag: bytes) -> bool:
    """Whether a tag's full name holds a version number (``v1.2``, ``pkg-1.2.0``), or is just one number (``v7``).

    One that ends in an x (``2.3.x``) names a line of releases.
    """
    return _RELEASE.search(tag.removeprefix(b"refs/tags/")) is not None


def is_reference_name(name: bytes) -> bool:
    """Whether git takes this for the full name of a reference: it holds no ``..``, blank or control character."""
    try:
        return name.startswith(b"refs/") and b"\0" not in name and bool(pygit2.reference_is_valid_name(name.decode()))
    except UnicodeDecodeError:
        return False


def _loose_releases(common_dir: Path) -> Iterator[tuple[bytes, bytes]]:
    top = common_dir / "refs" / "tags"
    if top.is_symlink():
        return
    files = (Path(folder, name) for folder, _, names in os.walk(top) for name in names)
    named = ((file, os.fsencode(file.relative_to(common_dir))) for file in files)
    for file, name in islice(((file, name) for file, name in named if is_release(name)), _MOST_TAGS + 1):
        content = read_regular(file)
        if content is not None:
            yield name, content.strip()
