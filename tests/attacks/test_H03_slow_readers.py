"""H3: lines made to be passed over again and again, and imports of ever other names, end soon in processor time."""

from __future__ import annotations

import time

import pytest

from fedlore.observe.artefacts import kinds
from fedlore.observe.artefacts.kinds import artefact_kind
from fedlore.observe.blobs import examine
from fedlore.observe.imports import javascript
from fedlore.observe.imports.paths import Importing

SECONDS = 5.0
"""The slowest takes less than half of it, and without its bound each took longer."""

READ = {
    "strings without an end": ("cargo.toml", b'a = "' + b'\\"' * 25_000 + b"\n"),
    "long strings without an end": ("cargo.toml", b'a = "' + b'\\"' * 149_000 + b"\n"),
    "blanks after a folder": (kinds.CONFIGURATION, (b"output_folder: a" + b" " * 1900 + b"'\n") * 500),
    "blanks in a value": (kinds.SPRINT, b"a: [\n" + (b"k: a" + b" " * 1980 + b"b\n") * 250),
    "annotations of nothing": ("typescript", b"@a\n" * 150_000 + b"function a(){} " * 10_000),
    "marks in a heading": (kinds.EPICS, (b"# a" + b"#" * 1990 + b"x\n") * 450),
}


@pytest.mark.parametrize("case", READ)
def test_a_file_is_passed_over_a_bounded_number_of_times(case: str) -> None:
    begin = time.process_time()
    examine(*READ[case])
    assert time.process_time() - begin < SECONDS


def test_long_names_are_passed_over_a_bounded_number_of_times() -> None:
    begin = time.process_time()
    for number in range(100):
        assert artefact_kind(b"%d/" % number + b"epic-1-retro-" * 290 + b"!.md") == ""
    assert artefact_kind(b"docs/" + b"epic-1-" * 500 + b"retro.md") == kinds.RETROSPECTIVE
    assert time.process_time() - begin < SECONDS


def _deep_imports(folder: str, parts: int, of: str) -> list[Importing]:
    files = [Importing(0, "/".join([folder] * parts) + "/a.js", ())]
    path = "/".join([folder] * parts) + "/b.js"
    return [*files, Importing(1, path, tuple(f"import '{of.format(number)}'" for number in range(20_000)))]


def test_imports_of_names_that_no_folder_has_are_not_looked_for_in_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(javascript, "MOST_TRIES", 100_000)
    begin = time.process_time()
    assert list(javascript.edges(_deep_imports("d" * 60, 64, "n{0}/a"))) == []
    assert list(javascript.edges(_deep_imports("d", 64, "d/a{0}"))) == []
    assert list(javascript.edges(_deep_imports("d" * 60, 64, "d/../../b{0}"))) == []
    assert time.process_time() - begin < SECONDS


def test_imports_beyond_what_may_be_tried_are_left_out_in_the_order_of_files(monkeypatch: pytest.MonkeyPatch) -> None:
    files = [Importing(0, "a.js", ()), Importing(1, "b.js", ("import './a'", "import './c'")), Importing(2, "c.js", ())]
    assert list(javascript.edges(files)) == [(1, 0), (1, 2)]
    monkeypatch.setattr(javascript, "MOST_TRIES", 1)
    assert list(javascript.edges(files)) == [(1, 0)]
