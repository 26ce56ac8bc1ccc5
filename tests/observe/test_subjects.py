"""Subjects: each flag says what its definition says, and old flags what they said of whole subjects."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedlore.observe.evidence import Said
from fedlore.observe.history.subjects import _FORMS, lengths, said_in

EXAMPLES: dict[Said, tuple[tuple[bytes, ...], tuple[bytes, ...]]] = {
    Said.CONVENTIONAL: (
        (b"feat: it", b"fix(parser)!: it", b"Docs: it", b"revert: it"),
        (b"feature: it", b"feat:", b"feat it", b"Add feat: it"),
    ),
    Said.CORRECTIVE: (
        (b"Fix it", b"fixes #3", b"A bugfix", b"hot-fix now", b"Patch the error"),
        (b"Prefix it", b"fixture", b"terror", b"dispatch"),
    ),
    Said.REVERT: (
        (b'Revert "Add it"', b"revert: it", b"revert(a)!: it"),
        (b"Revert to the old way", b'revert "x"', b"a revert: it"),
    ),
    Said.PULL_REQUEST: (
        (b"Merge pull request #12 from a/b", b"Add (#12)", b"Add (!12)", b"Merge branch 'a' into 'b'"),
        (b"Add #12", b"Add (#12) more", b"Merge branch 'a' into b"),
    ),
    Said.EMPTY: (
        (b"", b"wip", b"  wip ", b"feat:", b"v2", b"v.1", b"x5.2", "更新文档".encode(), "é".encode(), b" "),
        (
            b"a b",
            b"fix: it",
            b"5.2.1",
            b"5.2",
            b"v2.34.2",
            b" v2.0-rc1 ",
            "更新了文档".encode(),
            "バグ修正する".encode(),
        ),
    ),
    Said.FEATURE: (
        (
            b"feat: it",
            b"feat(x)!: it",
            b"Add it",
            b"parser: support it",
            b"Implements it",
            b"Introduce it",
            b"Creating",
        ),
        (b"fix: it", b"Address it", b"Addendum", b"Do not add it", b"docs: add it", b"fix(a): add it"),
    ),
    Said.BREAKING: (
        (b"feat!: it", b"fix(api)!: it", b"BREAKING CHANGE: it", b"[Breaking] it", b"Backwards incompatible names"),
        (b"feat: it!", b"Stop breaking the build", b"unbreaking"),
    ),
    Said.ISSUE: (
        (b"Fix #12", b"closes #8824 and more", b"issue63", b"GH-7: it", b"ABC-12 it", b"Bug 12", b"[PROJ-1]"),
        (
            b"Merge pull request #12 from a/b",
            b"Add (#12)",
            b"UTF-8",
            b"SHA-256 for CVE-2024",
            b"a#1",
            b"&#12;",
            b"number 12",
        ),
    ),
    Said.HOTFIX: (
        (b"hotfix: it", b"A hot-fix", b"Merge branch 'hotfix/1.2'", b"Urgent: it", b"hot fixes"),
        (b"shotfix", b"hot and fixed"),
    ),
    Said.WORK_IN_PROGRESS: (
        (b"WIP", b"wip: it", b"[WIP] it", b"fixup! it", b"squash! it", b"work in progress"),
        (b"wiping", b"fixup it", b"swipe", b"no fixup! it"),
    ),
    Said.TOOLED_MERGE: (
        (
            b"Merge pull request #12 from a/b",
            b"Merge branch 'a' into 'b'",
            b"Merged in a/b (pull request #3)",
            b"Merged PR 123: it",
            b"Pull request #12: it",
            b'Merge "it" into main',
            b"Merge changes I1234,I5678",
            b"Auto merge of #12 - a:b, r=c",
            b"Merge #12",
        ),
        (b"Merge branch 'a'", b"Merge branch 'a' into b", b"Merge changes in the other branch", b"Merged it"),
    ),
}
CASES = [
    (flag, subject, found)
    for flag, some in EXAMPLES.items()
    for found, subjects in zip((True, False), some, strict=True)
    for subject in subjects
]


def test_every_flag_has_examples() -> None:
    assert set(EXAMPLES) == set(Said)


@pytest.mark.parametrize(("flag", "subject", "found"), CASES, ids=lambda value: None)
def test_a_flag_says_what_its_definition_says(flag: Said, subject: bytes, found: bool) -> None:
    assert bool(said_in([subject])[0] & flag) is found


pieces = st.sampled_from([*{piece for case in CASES for piece in re.split(rb"(?<=\W)|(?=\W)", case[1])}, b"\n"])
texts = st.one_of(
    st.binary(max_size=30), st.sampled_from([case[1] for case in CASES]), st.lists(pieces, max_size=8).map(b"".join)
)


def _is_empty(words: list[bytes]) -> bool:
    if len(words) != 1:
        return not words
    characters = sum(byte & 0xC0 != 0x80 for byte in words[0])
    return re.match(rb"v?\d+\.\d", words[0]) is None and (words[0].isascii() or characters <= 4)


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.lists(texts, max_size=9))
def test_what_one_says_does_not_depend_on_the_others(subjects: list[bytes]) -> None:
    together = said_in(subjects).tolist()
    assert together == [int(said_in([subject])[0]) for subject in subjects]
    for flag, (form, _) in _FORMS.items():
        assert [bool(flags & flag) for flags in together] == [bool(form.search(subject)) for subject in subjects], flag
    empty = [bool(flags & Said.EMPTY) for flags in together]
    assert empty == [_is_empty(subject.split(None, 2)) for subject in subjects]
    assert lengths(subjects).tolist() == [len(subject.decode("utf-8", "replace")) for subject in subjects]


@pytest.mark.parametrize("subject", [b" " * 100_000 + b"a b", b"a" * 100_000 + b" b", "é".encode() * 100_000 + b" b"])
def test_a_long_subject_is_looked_at_once(subject: bytes) -> None:
    begin = time.process_time()
    assert not said_in([subject])[0] & Said.EMPTY
    assert time.process_time() - begin < 2


def test_lengths_are_characters() -> None:
    assert lengths(["Füge es hinzu".encode(), b"", b"\xff\xff"]).tolist() == [13, 0, 2]
    assert (lengths([]).tolist(), said_in([]).tolist()) == ([], [])
