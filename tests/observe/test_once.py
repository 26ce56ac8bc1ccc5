"""What is asked once of an object is remembered for that object alone, and no longer than it lives."""

from __future__ import annotations

import gc
from dataclasses import replace
from weakref import ref

import pytest

from fedlore.observe.features.commits import source_paths
from fedlore.observe.once import once_each
from fedlore.observe.onsets import onsets
from tests.observe.histories import Commit, make_evidence

CI = b".github/workflows/ci.yml"


def test_an_object_is_asked_once_and_an_equal_one_anew() -> None:
    asked: list[int] = []

    @once_each
    def days(evidence: object) -> int:
        asked.append(id(evidence))
        return len(asked)

    first = make_evidence([Commit()])
    other = replace(first)
    assert [days(first), days(first), days(other), days(first)] == [1, 1, 2, 1]
    assert asked == [id(first), id(other)]


def test_nothing_is_held_longer_than_it_lives() -> None:
    evidence = make_evidence([Commit(files={CI: "A"})])
    assert onsets(evidence)["ci"] is not None
    assert source_paths(evidence.history)[0].tolist() == [False]
    gone = ref(evidence), ref(evidence.history)
    del evidence
    gc.collect()
    assert [one() for one in gone] == [None, None]


def test_what_is_shared_cannot_be_changed() -> None:
    evidence = make_evidence([Commit(files={b"a.py": "A", b"test_a.py": "A"})])
    for mask in source_paths(evidence.history):
        with pytest.raises(ValueError, match="read-only"):
            mask[0] = False
    with pytest.raises(TypeError):
        onsets(evidence)["ci"] = 0  # type: ignore[index]
    assert [mask.tolist() for mask in source_paths(evidence.history)] == [[True, False], [False, True]]
