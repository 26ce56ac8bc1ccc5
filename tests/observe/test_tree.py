"""Trees are listed from the object database: nothing outside of it is reached, and limits hold."""

from __future__ import annotations

from pathlib import Path

import pygit2
import pytest

from fedlore.observe.tree import TreeLimits
from tests.observe.making import make_repository
from tests.observe.reading import counts, listed, read


def test_files_with_language_and_size(tmp_path: Path) -> None:
    listing = listed(make_repository(tmp_path / "r", {"a.py": b"x = 1\n", "src/b.go": b"package b\n", "c": b""}))
    assert {(file.path, file.language, file.size) for file in listing.files} == {
        (b"a.py", "python", 6),
        (b"src/b.go", "go", 10),
        (b"c", "", 0),
    }
    assert listing.notes == ()


@pytest.mark.parametrize("limits", [TreeLimits(read_files=2), TreeLimits(read_bytes=13)])
def test_no_more_is_read_than_the_limits_allow(tmp_path: Path, limits: TreeLimits) -> None:
    made = read(
        make_repository(tmp_path / "r", {f"{name}.py": b"x = %d\n" % i for i, name in enumerate("abcd")}), limits
    )
    assert [bool(file.counts) for file in made.tree.files] == [True, True, False, False]
    assert made.notes == ("Not read: 2 source files that lie beyond the limits of one repository.",)


def test_absent_objects_are_said_and_do_not_stop_the_rest(tmp_path: Path) -> None:
    path = make_repository(tmp_path / "r", {"a.py": b"x = 1\n", "b.py": b"y = 1\n", "f/c.py": b"z = 1\n"})
    repository = pygit2.Repository(str(path))
    top = repository.head.peel(pygit2.Tree)
    for gone in (top["a.py"].id, top["f"].id):
        (path / "objects" / str(gone)[:2] / str(gone)[2:]).unlink()
    made = read(path)
    assert made.tree.paths == [b"a.py", b"b.py"]
    assert counts(made.tree, b"b.py") == {"physical_lines": 2}
    assert made.notes == ("Broken, or not in this copy of the repository: 2 entries of the tree at HEAD.",)


def test_one_blob_under_two_languages_is_counted_as_each(tmp_path: Path) -> None:
    text = b"try:\n    x()\nexcept:\n    pass\n"
    tree = read(make_repository(tmp_path / "r", {"a.py": text, "b.go": text, "c.txt": text})).tree
    assert counts(tree, b"a.py")["bare_except"] == 1
    assert counts(tree, b"b.go") == {"physical_lines": 5}
    assert counts(tree, b"c.txt") == {}


def test_vendored_files_are_listed_without_language(tmp_path: Path) -> None:
    tree = read(make_repository(tmp_path / "r", {"vendor/a.py": b"try: x()\nexcept: pass\n"})).tree
    assert [(file.path, file.language, dict(file.counts)) for file in tree.files] == [(b"vendor/a.py", "", {})]
