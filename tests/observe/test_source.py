"""Counting never fails: not on broken syntax, other encodings, unknown languages or enormous lines."""

from __future__ import annotations

from pathlib import Path

import lizard
import pytest
from ast_grep_py import SgRoot

from fedlore.observe.blobs import file_name
from fedlore.observe.naming import LANGUAGES
from fedlore.observe.sizes import Size, measure_sizes, scc_program
from fedlore.observe.source import LONGEST_LINE_BYTES, examine_source, rules_version

BROKEN = [
    b"",
    b"\n",
    b"\xff\xfe\x00 not text \x80\x81",
    b"\xef\xbb\xbfx = 1\n",
    b"def f(:\n  return (((\n",
    b"class {{{ function ]] => `${",
    b"\x00" * 100,
    b"\xe2\x80\xae" + b"\x1b[31m" * 50,
]


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_broken_files_have_counts(language: str) -> None:
    for data in BROKEN:
        assert all(count > 0 for count in examine_source(data, language).counts.values())


@pytest.mark.parametrize("language", ["", "cobol", "Python", "py", "html"])
def test_no_other_name_reaches_the_parser(language: str) -> None:
    assert examine_source(b"def f(): pass", language).counts == {}


def test_what_surrounds_broken_syntax_is_still_counted() -> None:
    counts = examine_source(b"def f():\n    print(1)\n\n)) = ((\n\ndef g():\n    print(2)\n", "python").counts
    assert counts["console_prints"] == 2


def test_text_that_is_no_utf8_is_still_counted() -> None:
    assert examine_source(b"# caf\xe9\ntry:\n    x()\nexcept:\n    pass\n", "python").counts["bare_except"] == 1


def test_minified_files_are_not_counted() -> None:
    assert examine_source(b"function f(){return 1}" * 100, "javascript").counts == {"minified": 1}


def test_a_function_is_long_above_sixty_lines() -> None:
    short, long = (b"def f():\n" + b"    x = 1\n" * lines for lines in (59, 60))
    assert "long_functions" not in examine_source(short, "python").counts
    assert examine_source(long, "python").counts["long_functions"] == 1
    assert examine_source(long, "python").counts["function_lines"] == 61


def test_siblings_are_not_nested() -> None:
    flat = b"".join(b"if a:\n    if b:\n        if c:\n            if d:\n                x()\n" for _ in range(9))
    assert "deep_nesting" not in examine_source(flat, "python").counts
    deeper = flat.replace(b"x()", b"if e: x()")
    assert examine_source(deeper, "python").counts["deep_nesting"] == 9


def test_sizes_by_blob(tmp_path: Path) -> None:
    names = [file_name(digit * 40, language) for digit, language in zip("abc", ("python", "go", "tsx"), strict=True)]
    (tmp_path / names[0]).write_text("# comment\n\nif a or b:\n    x = 1\n")
    (tmp_path / names[1]).write_text("package a\nfunc f() { for { } }\n")
    (tmp_path / names[2]).write_bytes(b"\x00\x00 if (a) { }\n")
    sizes = measure_sizes(tmp_path)
    assert sizes[names[0]] == Size(lines=2, complexity=2, comment_lines=1)
    assert sizes[names[1]] == Size(lines=2, complexity=1)
    assert sizes[names[2]].lines == 1


def test_every_language_is_sized_under_the_name_it_is_given(tmp_path: Path) -> None:
    names = {file_name("e" * 40, language) for language in LANGUAGES}
    for name in names:
        (tmp_path / name).write_text("a\n")
    assert measure_sizes(tmp_path).keys() == names
    assert len(names) == len(LANGUAGES)


def test_ignore_files_and_environment_do_not_reach_scc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = file_name("f" * 40, "python")
    (tmp_path / name).write_text("x = 1\n")
    for ignore in (".gitignore", ".ignore", ".sccignore"):
        (tmp_path / ignore).write_text("*\n")
    (tmp_path / ".sccconfig").write_text("--exclude-ext=py\n")
    monkeypatch.setenv("SCC_CONFIG_PATH", str(tmp_path / ".sccconfig"))
    assert measure_sizes(tmp_path)[name] == Size(1, 0)


def test_scc_is_the_wheels_own_and_not_the_first_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trap = tmp_path / "scc"
    trap.write_text("#!/bin/sh\necho '[]'\n")
    trap.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    scc_program.cache_clear()
    assert scc_program() != trap
    assert scc_program().is_absolute()


def test_the_version_of_the_rules_is_a_digest() -> None:
    assert len(rules_version()) == 64
    assert rules_version() == rules_version()


def test_one_very_long_line_among_many_makes_a_file_minified(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parser counts from a line's beginning to tell where a node stands: it sees no column beyond the limit."""
    columns: list[int] = []

    def parsed(text: str, language: str) -> SgRoot:
        columns.extend(map(len, text.split("\n")))
        return SgRoot(text, language)

    monkeypatch.setattr("fedlore.observe.source.SgRoot", parsed)
    for size in (LONGEST_LINE_BYTES, LONGEST_LINE_BYTES + 1, 900_000):
        long = b"f(1);" * (size // 5) + b";" * (size % 5)
        facts = examine_source(b"x;\n" * 4000 + long + b"\nfunction g() { return 1; }\n", "javascript")
        assert ("minified" in facts.counts) == (size > LONGEST_LINE_BYTES)
        assert len(facts.functions) == (size <= LONGEST_LINE_BYTES)
    assert len(columns) == 4003
    assert max(columns) == LONGEST_LINE_BYTES


JAVASCRIPT = b"""function f(a, b) { return a ?? b; }
function g(a, b) { a ??= b; a ||= b; a &&= b; a += b; return (a && b) ?? 1; }
function h(o) { if (o?.x) { return 1; } }
"""


@pytest.mark.parametrize("language", ["javascript", "typescript"])
def test_what_takes_the_first_that_is_there_decides_and_is_read_as_one_step(language: str) -> None:
    extension = LANGUAGES[language].extensions[0]
    others = lizard.analyze_file.analyze_source_code(f"m.{extension}", JAVASCRIPT.decode()).function_list
    functions = examine_source(JAVASCRIPT, language).functions
    assert [row.cyclomatic for row in functions] == [row.cyclomatic_complexity for row in others] == [2, 6, 2]
    assert [row.cognitive for row in functions] == [0, 1, 1]


@pytest.mark.parametrize(
    ("language", "text", "fields"),
    [
        ("javascript", b"class A { x; y = 1; go = () => 1;\nconstructor() { this.x = 1; this.w = 2; } }", 3),
        ("javascript", b"class A { #x; static x; [k] = 1;\nconstructor() { this.#x = 1; this.x = 2; } }", 4),
        ("python", b"class A:\n    x: int\n    y = 1\n    def __init__(self):\n        self.x = self.w = 1\n", 3),
        ("php", b"<?php class A { private ?int $x = 1; var $y;\nfunction f() { $this->x = 1; $this->w = 2; } }", 3),
    ],
)
def test_a_field_that_is_declared_and_assigned_is_one(language: str, text: bytes, fields: int) -> None:
    assert [row.fields for row in examine_source(text, language).classes] == [fields]
