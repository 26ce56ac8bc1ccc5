"""H3: trees that never end, deep trees, huge files and files that exhaust a parser cost a bounded amount."""

from __future__ import annotations

from pathlib import Path

import pygit2

from fedlore.observe.confined import UNREAD, ParserLimits, examine_files
from fedlore.observe.project import observe_project
from fedlore.observe.tree import TreeLimits
from tests.observe.making import AS_OF, FILE, FOLDER, commit_tree, make_repository, write_tree
from tests.observe.reading import counts, listed, read


def test_trees_that_hold_one_another_end_at_the_limit_of_entries(tmp_path: Path) -> None:
    repository = pygit2.init_repository(str(tmp_path / "r"), bare=True)
    tree = write_tree(repository, [(FILE, b"a.py", repository.create_blob(b"x = 1\n"))])
    for _ in range(12):
        tree = write_tree(repository, [(FOLDER, b"%d" % number, tree) for number in range(10)])
    commit_tree(repository, tree)
    listing = listed(tmp_path / "r", TreeLimits(entries=5_000))
    assert 0 < len(listing.files) < 5_000
    assert listing.notes == ("The tree has more than 5,000 entries; the rest was left out.",)


def test_deep_trees_end_at_the_limit_of_depth(tmp_path: Path) -> None:
    repository = pygit2.init_repository(str(tmp_path / "r"), bare=True)
    blob = repository.create_blob(b"x = 1\n")
    tree = write_tree(repository, [(FILE, b"deep.py", blob)])
    for _ in range(2_000):
        tree = write_tree(repository, [(FOLDER, b"d", tree)])
    commit_tree(repository, write_tree(repository, [(FOLDER, b"d", tree), (FILE, b"top.py", blob)]))
    listing = listed(tmp_path / "r")
    assert [file.path for file in listing.files] == [b"top.py"]
    assert listing.notes == ("Left out: 1 folder that lies deeper than 100 levels.",)


def test_large_files_are_listed_and_not_read(tmp_path: Path) -> None:
    line = b"x = '" + b"a" * 10_000_000 + b"'\n"
    made = read(make_repository(tmp_path / "r", {"large.py": line, "small.py": b"x = 1\n"}))
    assert made.tree.paths == [b"large.py", b"small.py"]
    assert counts(made.tree, b"large.py") == {}
    assert counts(made.tree, b"small.py") == {"physical_lines": 2}
    assert made.notes == ("Not read: 1 source file that is larger than 1,000,000 bytes.",)


def test_a_broken_tree_is_said_and_does_not_stop_the_rest(tmp_path: Path) -> None:
    repository = pygit2.init_repository(str(tmp_path / "r"), bare=True)
    blob = repository.create_blob(b"x = 1\n")
    broken = [write_tree(repository, [(FILE, b"", blob)]), blob]
    entries = [(FILE, b"a.py", blob), *((FOLDER, b"f%d" % number, tree) for number, tree in enumerate(broken))]
    commit_tree(repository, write_tree(repository, entries))
    listing = listed(tmp_path / "r")
    assert [file.path for file in listing.files] == [b"a.py"]
    assert listing.notes == ("Broken, or not in this copy of the repository: 2 entries of the tree at HEAD.",)


def test_a_file_that_takes_too_much_ends_only_the_parser(tmp_path: Path) -> None:
    """The parser's error recovery takes some 15 kB for each of these tokens."""
    files = {"a.py": b"def f(): pass\n", "b.py": b"/*\n" * 40_000, "c.py": b"x = 1\n", "d.go": b"package a\n"}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    limits = ParserLimits(memory=250 << 20)
    python = dict.fromkeys(("a.py", "b.py", "c.py"), "python")
    facts, others = examine_files(tmp_path, [python, {"d.go": "go"}], limits)
    assert facts["b.py"] == UNREAD
    assert facts["a.py"].counts["functions"] == 1
    assert facts["c.py"].counts == {"physical_lines": 2}
    assert others["d.go"].counts == {"physical_lines": 2}


def test_a_repository_of_such_files_is_given_up_and_its_neighbours_are_not(tmp_path: Path) -> None:
    """`c.py` and `d.py` stand in both: the neighbour's answers are those that it has alone."""
    for name in ("a.py", "b.py", "c.py", "d.py"):
        (tmp_path / name).write_bytes(b"/*\n" * 40_000 if name < "c" else b"x = 1\n")
    limits = ParserLimits(memory=250 << 20, failures=2)
    groups = [dict.fromkeys(names, "python") for names in (("a.py", "b.py", "c.py"), ("a.py", "c.py", "d.py"))]
    together = examine_files(tmp_path, groups, limits)
    assert [name for name, facts in together[0].items() if facts == UNREAD] == ["a.py", "b.py", "c.py"]
    assert [name for name, facts in together[1].items() if facts == UNREAD] == ["a.py"]
    assert together[1] == examine_files(tmp_path, groups[1:], limits)[0]


def test_a_toml_bomb_is_refused_and_the_rest_is_read(tmp_path: Path) -> None:
    """A chain of 100,000 dotted keys would keep tomllib busy for a minute and ask for gigabytes."""
    content = {"pyproject.toml": b"a." * 100_000 + b"a = 1\n", "a.py": b"def f() -> int: return 1\n"}
    limits = TreeLimits(parser=ParserLimits(seconds=2, memory=500 << 20))
    observed = observe_project(make_repository(tmp_path / "r", content), as_of=AS_OF, tree_limits=limits)
    assert observed.features is not None
    assert observed.features["code.type_annotations"] is True
    assert observed.notes == ("pyproject.toml: a broken manifest (pyproject.toml) was not read",)


def test_a_repository_whose_files_take_too_long_in_all_is_given_up(tmp_path: Path) -> None:
    names = [f"{number}.py" for number in range(40)]
    for name in names:
        (tmp_path / name).write_bytes(b"def f(): pass\n" * 3000)
    (tmp_path / "b.go").write_bytes(b"package a\n")
    groups = [dict.fromkeys(names, "python"), {"b.go": "go"}]
    slow, other = examine_files(tmp_path, groups, ParserLimits(seconds_in_all=0))
    assert list(slow) == names
    assert all(facts == UNREAD for facts in slow.values())
    assert other["b.go"] == UNREAD
    read, _ = examine_files(tmp_path, groups, ParserLimits())
    assert all(facts.counts["functions"] == 3000 for facts in read.values())


def test_paths_longer_than_any_system_has_are_left_out(tmp_path: Path) -> None:
    repository = pygit2.init_repository(str(tmp_path / "r"), bare=True)
    blob = repository.create_blob(b"x = 1\n")
    tree = write_tree(repository, [(FILE, b"a.py", blob)])
    for _ in range(5):
        tree = write_tree(repository, [(FILE, b"a.py", blob), (FOLDER, b"b" * 1000, tree)])
    commit_tree(repository, tree)
    listing = listed(tmp_path / "r")
    assert max(len(file.path) for file in listing.files) <= 4096
    assert len(listing.files) == 5
    assert listing.notes == ("Left out: 1 path that is longer than 4,096 bytes.",)
