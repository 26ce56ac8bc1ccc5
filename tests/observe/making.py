"""Make real git repositories for the tests of the tree half of observe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pygit2

AS_OF = 1_750_000_000
DAY = 86_400
FOLDER, FILE, SYMLINK, SUBMODULE = 0o040000, 0o100644, 0o120000, 0o160000

Content = bytes | tuple[int, bytes]
"""A file's bytes, or an entry's mode and bytes (for a submodule: the hexadecimal id)."""


def make_repository(path: Path, *commits: Mapping[str, Content | None], times: Sequence[int] = ()) -> Path:
    """A bare repository whose commits each add to the tree before; None removes a path."""
    repository = pygit2.init_repository(str(path), bare=True)
    files: dict[str, Content] = {}
    parents: list[pygit2.Oid] = []
    for number, changes in enumerate(commits):
        for name, content in changes.items():
            files.pop(name, None)
            if content is not None:
                files[name] = content
        when = times[number] if times else AS_OF - (len(commits) - number) * DAY
        person = pygit2.Signature("Ada Example", "ada@example.org", when, 60)
        parents = [
            repository.create_commit("HEAD", person, person, f"Change {number}", _tree(repository, files), parents)
        ]
    repository.free()
    return path


def write_tree(repository: pygit2.Repository, entries: Sequence[tuple[int, bytes, pygit2.Oid]]) -> pygit2.Oid:
    """A tree object with exactly these entries, whatever git would say of their names."""
    data = b"".join(b"%o %s\0" % (mode, name) + oid.raw for mode, name, oid in entries)
    return repository.odb.write(pygit2.enums.ObjectType.TREE, data)


def commit_tree(repository: pygit2.Repository, tree: pygit2.Oid, when: int = AS_OF) -> pygit2.Oid:
    """Make HEAD one commit of this tree, written as bytes, since a hostile tree would be refused otherwise."""
    data = (
        f"tree {tree}\nauthor Ada <ada@example.org> {when} +0000\ncommitter Ada <ada@example.org> {when} +0000\n\nx\n"
    )
    commit = repository.odb.write(pygit2.enums.ObjectType.COMMIT, data.encode())
    (Path(repository.path) / "refs" / "heads").mkdir(parents=True, exist_ok=True)
    (Path(repository.path) / "refs" / "heads" / "main").write_text(f"{commit}\n")
    (Path(repository.path) / "HEAD").write_text("ref: refs/heads/main\n")
    return commit


def _tree(repository: pygit2.Repository, files: Mapping[str, Content]) -> pygit2.Oid:
    builder = repository.TreeBuilder()
    folders: dict[str, dict[str, Content]] = {}
    for name, content in files.items():
        first, slash, rest = name.partition("/")
        if slash:
            folders.setdefault(first, {})[rest] = content
            continue
        mode, data = (FILE, content) if isinstance(content, bytes) else content
        oid = pygit2.Oid(hex=data.decode()) if mode == SUBMODULE else repository.create_blob(data)
        builder.insert(first, oid, mode)
    for name, below in folders.items():
        builder.insert(name, _tree(repository, below), pygit2.enums.FileMode.TREE)
    return builder.write()
