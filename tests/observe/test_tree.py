"""Trees are listed from the object database: nothing outside of it is reached, and limits hold."""

from __future__ import annotations

from pathlib import Path

import pygit2
import pytest

from fedlore.observe.cache import fact_cache
from fedlore.observe.evidence import Tree
from fedlore.observe.opening import opened
from fedlore.observe.tree import Listing, TreeLimits, list_files
from fedlore.observe.trees import ReadTree, read_trees
from tests.observe.making import FILE, SUBMODULE, SYMLINK, commit_tree, make_repository, write_tree

FOLDER = 0o040000


def listed(path: Path, limits: TreeLimits | None = None) -> Listing:
    with opened(path) as repository:
        return list_files(repository.repository, repository.head, limits or TreeLimits())


def read(path: Path, limits: TreeLimits | None = None) -> ReadTree:
    bounds = limits or TreeLimits()
    with opened(path) as repository, fact_cache(None, "1") as cache:
        listing = list_files(repository.repository, repository.head, bounds)
        return read_trees([(repository.repository, listing)], cache, bounds)[0]


def counts(tree: Tree, path: bytes) -> dict[str, int]:
    return next(dict(file.counts) for file in tree.files if file.path == path)


def test_files_with_language_and_size(tmp_path: Path) -> None:
    listing = listed(make_repository(tmp_path / "r", {"a.py": b"x = 1\n", "src/b.go": b"package b\n", "c": b""}))
    assert {(file.path, file.language, file.size) for file in listing.files} == {
        (b"a.py", "python", 6),
        (b"src/b.go", "go", 10),
        (b"c", "", 0),
    }
    assert listing.notes == ()


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


def test_trees_that_hold_one_another_end_at_the_limit_of_entries(tmp_path: Path) -> None:
    repository = pygit2.init_repository(str(tmp_path / "r"), bare=True)
    tree = write_tree(repository, [(FILE, b"a.py", repository.create_blob(b"x = 1\n"))])
    for _ in range(12):
        tree = write_tree(repository, [(FOLDER, b"%d" % number, tree) for number in range(10)])
    commit_tree(repository, tree)
    listing = listed(tmp_path / "r", TreeLimits(entries=5_000))
    assert 0 < len(listing.files) < 5_000
    assert listing.notes == ("The tree has more than 5000 entries; the rest was left out.",)


def test_deep_trees_end_at_the_limit_of_depth(tmp_path: Path) -> None:
    repository = pygit2.init_repository(str(tmp_path / "r"), bare=True)
    blob = repository.create_blob(b"x = 1\n")
    tree = write_tree(repository, [(FILE, b"deep.py", blob)])
    for _ in range(2_000):
        tree = write_tree(repository, [(FOLDER, b"d", tree)])
    commit_tree(repository, write_tree(repository, [(FOLDER, b"d", tree), (FILE, b"top.py", blob)]))
    listing = listed(tmp_path / "r")
    assert [file.path for file in listing.files] == [b"top.py"]
    assert listing.notes == ("1 folders lie deeper than 100 levels and were left out.",)


def test_large_files_are_listed_and_not_read(tmp_path: Path) -> None:
    line = b"x = '" + b"a" * 10_000_000 + b"'\n"
    made = read(make_repository(tmp_path / "r", {"large.py": line, "small.py": b"x = 1\n"}))
    assert made.tree.paths == [b"large.py", b"small.py"]
    assert counts(made.tree, b"large.py") == {}
    assert counts(made.tree, b"small.py") == {"physical_lines": 2}
    assert made.notes == ("1 source files are larger than 1000000 bytes and were not read.",)


@pytest.mark.parametrize("limits", [TreeLimits(read_files=2), TreeLimits(read_bytes=13)])
def test_no_more_is_read_than_the_limits_allow(tmp_path: Path, limits: TreeLimits) -> None:
    made = read(
        make_repository(tmp_path / "r", {f"{name}.py": b"x = %d\n" % i for i, name in enumerate("abcd")}), limits
    )
    assert [bool(file.counts) for file in made.tree.files] == [True, True, False, False]
    assert made.notes == ("2 source files lie beyond the limits of one repository and were not read.",)


def test_absent_objects_are_said_and_do_not_stop_the_rest(tmp_path: Path) -> None:
    path = make_repository(tmp_path / "r", {"a.py": b"x = 1\n", "b.py": b"y = 1\n", "f/c.py": b"z = 1\n"})
    repository = pygit2.Repository(str(path))
    top = repository.head.peel(pygit2.Tree)
    for gone in (top["a.py"].id, top["f"].id):
        (path / "objects" / str(gone)[:2] / str(gone)[2:]).unlink()
    made = read(path)
    assert made.tree.paths == [b"a.py", b"b.py"]
    assert counts(made.tree, b"b.py") == {"physical_lines": 2}
    assert made.notes == ("2 folders or files of HEAD are broken or not in this copy of the repository.",)


def test_a_broken_tree_is_said_and_does_not_stop_the_rest(tmp_path: Path) -> None:
    repository = pygit2.init_repository(str(tmp_path / "r"), bare=True)
    blob = repository.create_blob(b"x = 1\n")
    broken = [write_tree(repository, [(FILE, b"", blob)]), blob]
    entries = [(FILE, b"a.py", blob), *((FOLDER, b"f%d" % number, tree) for number, tree in enumerate(broken))]
    commit_tree(repository, write_tree(repository, entries))
    listing = listed(tmp_path / "r")
    assert [file.path for file in listing.files] == [b"a.py"]
    assert listing.notes == ("2 folders or files of HEAD are broken or not in this copy of the repository.",)


def test_one_blob_under_two_languages_is_counted_as_each(tmp_path: Path) -> None:
    text = b"try:\n    x()\nexcept:\n    pass\n"
    tree = read(make_repository(tmp_path / "r", {"a.py": text, "b.go": text, "c.txt": text})).tree
    assert counts(tree, b"a.py")["bare_except"] == 1
    assert counts(tree, b"b.go") == {"physical_lines": 5}
    assert counts(tree, b"c.txt") == {}


def test_vendored_files_are_listed_without_language(tmp_path: Path) -> None:
    tree = read(make_repository(tmp_path / "r", {"vendor/a.py": b"try: x()\nexcept: pass\n"})).tree
    assert [(file.path, file.language, dict(file.counts)) for file in tree.files] == [(b"vendor/a.py", "", {})]
