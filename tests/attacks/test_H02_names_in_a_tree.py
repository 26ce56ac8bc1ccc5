"""H2: what a tree's entries are called, and what links and submodules point at, reaches nothing outside of it."""

from __future__ import annotations

from pathlib import Path

import pygit2

from tests.observe.making import FILE, FOLDER, SUBMODULE, SYMLINK, commit_tree, make_repository, write_tree
from tests.observe.reading import counts, read


def test_symlinks_and_submodules_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_text("try: x()\nexcept: pass\n")
    outside = str(tmp_path / "secret.py").encode()
    content = {
        "link.py": (SYMLINK, outside),
        "up.py": (SYMLINK, b"../../secret.py"),
        "module.py": (SUBMODULE, b"1" * 40),
        "real.py": b"x = 1\n",
    }
    tree = read(make_repository(tmp_path / "r", content)).tree
    assert tree.paths == [b"real.py"]


def test_names_that_point_elsewhere_are_only_names(tmp_path: Path) -> None:
    """Trees which git would refuse to write: entries named `..`, with slashes, absolute, `.git`, control characters."""
    repository = pygit2.init_repository(str(tmp_path / "r"), bare=True)
    blob = repository.create_blob(b"try:\n    x()\nexcept:\n    pass\n")
    hostile = [
        b"../../../escaped.py",
        b"..",
        b"/etc/escaped.py",
        b".git",
        b"a\\..\\b.py",
        b"\x1b[31m\n\xff.py",
        b"con.py",
    ]
    inner = write_tree(repository, [(FILE, b"escaped.py", blob)])
    entries = [(FILE, name, blob) for name in hostile] + [(FOLDER, b"..", inner)]
    commit_tree(repository, write_tree(repository, entries))
    before = {path for path in tmp_path.rglob("*") if "escaped" in path.name}
    tree = read(tmp_path / "r").tree
    assert {b"../../../escaped.py", b"/etc/escaped.py", b"../escaped.py"} <= set(tree.paths)
    assert counts(tree, b"../../../escaped.py")["bare_except"] == 1
    assert before == {path for path in tmp_path.rglob("*") if "escaped" in path.name} == set()
    assert not Path("/etc/escaped.py").exists()
