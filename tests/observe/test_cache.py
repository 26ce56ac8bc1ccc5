"""The cache changes how long observing takes and nothing else, whatever happens to its file."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from fedlore.observe import trees
from fedlore.observe.blobs import Facts
from fedlore.observe.cache import fact_cache
from fedlore.observe.project import observe_project
from tests.observe.making import AS_OF, make_repository

KEY = ("a" * 40, "python")
FACTS = Facts({"functions": 3}, 10, 2, packages=(("pkg:pypi/flask", ">=3"),))
CONTENT = {
    "a.py": b"import logging\nlogging.info('x')\ndef f(x: int) -> int:\n    if x:\n        return 1\n    return 2\n"
    * 9,
    "b.go": b"package b\ntype P struct { X int }\nfunc f() { go f() }\n",
    "requirements.txt": b"pytest\n",
    "docs/adr/1.md": b"# 1\n\n## Status\n\nSuperseded by 2\n",
}


def test_cache_and_no_cache_agree(tmp_path: Path) -> None:
    path = make_repository(tmp_path / "r", CONTENT)
    without = observe_project(path, as_of=AS_OF)
    first = observe_project(path, as_of=AS_OF, cache=tmp_path / "cache")
    second = observe_project(path, as_of=AS_OF, cache=tmp_path / "cache")
    assert without == first == second
    assert without.features is not None
    assert without.features["technology.pytest"] is True
    assert without.features["decisions.superseded_records"] == 1
    assert without.features["code.complexity"] is not None


def test_a_second_run_reads_only_new_blobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    examine = trees.examine_files

    def watched(folder: Path, groups: list[dict[str, str]], limits: object) -> list[dict[str, Facts]]:
        read.extend(kind for group in groups for kind in group.values())
        return examine(folder, groups, limits)  # type: ignore[arg-type]

    monkeypatch.setattr(trees, "examine_files", watched)
    for commits in ([CONTENT], [CONTENT], [CONTENT, {"c.rs": b"fn main() {}\n"}]):
        path = make_repository(tmp_path / f"r{len(read)}-{len(commits)}", *commits)
        observe_project(path, as_of=AS_OF, cache=tmp_path / "cache")
        read.append("|")
    assert sorted(read[:4]) == ["decision-record", "go", "python", "requirements.txt"]
    assert read[4:] == ["|", "|", "rust", "|"]


def test_entries_of_other_rules_are_unknown_and_dropped(tmp_path: Path) -> None:
    with fact_cache(tmp_path / "cache", "1") as cache:
        cache.put({KEY: FACTS})
        assert cache.get([KEY]) == {KEY: FACTS}
    with fact_cache(tmp_path / "cache", "2") as cache:
        assert cache.get([KEY]) == {}
        cache.put({("b" * 40, "go"): FACTS})
    with fact_cache(tmp_path / "cache", "1") as cache:
        assert cache.get([KEY]) == {}


def test_only_the_owner_reads_the_file(tmp_path: Path) -> None:
    with fact_cache(tmp_path / "folder" / "cache", "1") as cache:
        cache.put({KEY: FACTS})
    assert stat.S_IMODE((tmp_path / "folder" / "cache").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "folder").stat().st_mode) == 0o700


@pytest.mark.parametrize("damage", [b"not a database", b"", b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_broken_file_is_replaced(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "cache"
    path.write_bytes(damage)
    for _ in range(2):
        with fact_cache(path, "1") as cache:
            cache.put({KEY: FACTS})
            assert cache.get([KEY]) == {KEY: FACTS}
    with fact_cache(path, "1") as cache:
        assert cache.get([KEY]) == {KEY: FACTS}


def test_a_file_damaged_in_the_middle_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    keys = {(f"{number:040x}", "python"): FACTS for number in range(2_000)}
    with fact_cache(path, "1") as cache:
        cache.put(keys)
    data = bytearray(path.read_bytes())
    assert len(data) > 100_000
    data[4096:] = b"\xa5" * (len(data) - 4096)
    path.write_bytes(data)
    with fact_cache(path, "1") as cache:
        assert cache.get(keys).keys() < keys.keys()
        cache.put(keys)
        assert cache.get(keys) == keys
    with fact_cache(path, "1") as cache:
        cache.put(keys)
    with fact_cache(path, "1") as cache:
        assert cache.get(keys) == keys


def test_values_that_are_no_facts_are_unknown(tmp_path: Path) -> None:
    with fact_cache(tmp_path / "cache", "1") as cache:
        cache.put({KEY: FACTS})
    connection = sqlite3.connect(tmp_path / "cache")
    with connection:
        connection.execute("UPDATE facts SET value = '[1'")
    connection.close()
    with fact_cache(tmp_path / "cache", "1") as cache:
        assert cache.get([KEY]) == {}


def test_a_file_deleted_meanwhile_loses_nothing_of_this_run(tmp_path: Path) -> None:
    with fact_cache(tmp_path / "cache", "1") as cache:
        cache.put({KEY: FACTS})
        for file in tmp_path.iterdir():
            file.unlink()
        assert cache.get([KEY]) == {KEY: FACTS}
        cache.put({("b" * 40, "go"): FACTS})
    with fact_cache(tmp_path / "cache", "1") as cache:
        assert cache.get([KEY]) == {}


def test_a_place_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for place in (tmp_path / "file" / "cache", tmp_path):
        with fact_cache(place, "1") as cache:
            cache.put({KEY: FACTS})
            assert cache.get([KEY]) == {KEY: FACTS}
    assert (tmp_path / "file").read_text() == "x"


WRITER = """
import sys
from pathlib import Path
from fedlore.observe.blobs import Facts
from fedlore.observe.cache import fact_cache
for number in range(40):
    with fact_cache(Path(sys.argv[1]), "1") as cache:
        cache.put({(f"{sys.argv[2]}{number:039x}", "python"): Facts({"functions": number})})
"""


def test_several_processes_share_one_file(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path / "cache")]
    writers = [subprocess.Popen([*command, name], stderr=subprocess.PIPE) for name in "abc"]
    assert [(writer.communicate()[1], writer.returncode) for writer in writers] == [(b"", 0)] * 3
    keys = [(f"{name}{number:039x}", "python") for name in "abc" for number in range(40)]
    with fact_cache(tmp_path / "cache", "1") as cache:
        found = cache.get(keys)
    assert [found[key].counts["functions"] for key in keys] == [*range(40)] * 3


def test_what_was_changed_or_planted_is_not_taken_for_ours(tmp_path: Path) -> None:
    path, key = tmp_path / "cache.sqlite", ("a" * 40, "python")
    with fact_cache(path, "1") as cache:
        cache.put({key: Facts({"functions": 3})})
    with sqlite3.connect(path) as connection:
        (kept,) = connection.execute("SELECT value FROM facts").fetchone()
        for planted in (kept[:32] + '{"counts":{"functions":9}}', "[]", '{"lines":"x"}', kept[:31], b"\xff", 7):
            connection.execute("UPDATE facts SET value = ?", (planted,))
            connection.commit()
            with fact_cache(path, "1") as cache:
                assert cache.get([key]) == {}
        connection.execute("UPDATE facts SET value = ?, kind = 'go'", (kept,))
        connection.commit()
    connection.close()
    with fact_cache(path, "1") as cache:
        assert cache.get([(key[0], "go")]) == {}
