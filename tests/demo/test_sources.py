"""Each snippet holds what its list promises, and nothing of what another practice is known by."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from ast_grep_py import SgRoot

from fedlore.demo.chance import Chance
from fedlore.demo.sources import Code, draw_languages, draw_sources
from fedlore.demo.texts import fill, read_table
from fedlore.observe.naming import is_test, language_of
from fedlore.observe.source import examine_source

LANGUAGES = ("python", "javascript", "typescript", "go", "java", "rust", "c")
COUNTED = {
    "asynchronous": "async_constructs",
    "printing": "console_prints",
    "logging": "logging_calls",
    "data_types": "data_types",
    "bare_except": "bare_except",
}
VALUES = {"noun": "parcel", "Noun": "Parcel", "package": "parcel_router", "project": "parcel-router"}
NAMES = {"organisation": "meadow", "project": "parcel-router", "package": "parcel_router"}
ONE_CALL = ("printing", "logging")


def text_of(table: dict[str, Any], text: str) -> str:
    before, after = table.get("wrapping", ("", ""))
    return fill(before + re.sub("<<(.*?)>>", r"\1", text) + after, VALUES)


def snippets() -> list[tuple[str, str, int]]:
    kinds = ("functions", "smells", *COUNTED)
    return [
        (language, kind, place)
        for language in LANGUAGES
        for kind in kinds
        for place in range(len(read_table(f"languages/{language}").get(kind, ())))
    ]


@pytest.mark.parametrize(("language", "kind", "place"), snippets())
def test_a_snippet_counts_for_its_own_practice_only(language: str, kind: str, place: int) -> None:
    table = read_table(f"languages/{language}")
    counts = examine_source(text_of(table, table[kind][place]["text"]).encode(), language).counts
    for other, counted in COUNTED.items():
        found = counts.get(counted, 0)
        if other != kind:
            assert found == 0
        elif kind in ONE_CALL:
            assert found == 1
        else:
            assert found >= 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_paths_are_of_the_language_and_tests_are_told_from_modules(language: str) -> None:
    table = read_table(f"languages/{language}")
    for path in table["modules"]:
        name = fill(path, VALUES).encode()
        assert language_of(name) == language
        assert not is_test(name, language)
    for path in table["tests"]:
        name = fill(path, VALUES).encode()
        assert language_of(name) == language
        assert is_test(name, language)


def drawn(seed: int, code: Code) -> dict[str, list[str]]:
    chance = Chance(np.random.default_rng(seed))
    languages = draw_languages(chance, code)
    drafts = draw_sources(chance, languages, code, ["parcel", "ledger", "route", "menu"], NAMES)
    return {draft.path: [version.content or "" for version in draft.versions] for draft in drafts}


@pytest.mark.parametrize("annotated", [False, True])
def test_every_version_of_every_file_is_valid(annotated: bool) -> None:
    seen = set()
    for seed in range(30):
        for path, versions in drawn(seed, Code(True, annotated, True, True, True)).items():
            language = language_of(path.encode())
            seen.add(language)
            for text in versions:
                assert SgRoot(text, language).root().find(kind="ERROR") is None, text
                if language == "python":
                    compile(text, path, "exec")
    assert seen == set(LANGUAGES)


@pytest.mark.parametrize("annotated", [False, True])
def test_python_functions_are_mostly_annotated_or_mostly_not(annotated: bool) -> None:
    shares = []
    for seed in range(60):
        files = drawn(seed, Code(seed % 2 == 0, annotated, False, True, False))
        counts = [
            examine_source(versions[-1].encode(), "python").counts
            for path, versions in files.items()
            if path.endswith(".py")
        ]
        functions = sum(count.get("functions", 0) for count in counts)
        assert functions or not annotated
        if functions:
            shares.append(sum(count.get("functions_annotated", 0) for count in counts) / functions)
    assert min(shares) >= 0.7 if annotated else max(shares) <= 0.3
    assert len(set(shares)) > 5
