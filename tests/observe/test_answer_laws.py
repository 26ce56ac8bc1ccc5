"""What holds for any history: bounds, arithmetic that adds up, and no say for the order in which things are read."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedlore.catalogue.load import load_catalogue
from fedlore.observe.evidence import Churn, Evidence, SourceFile, Tree
from tests.observe.answering import answers, shuffled
from tests.observe.histories import ALICE, BOB, Commit, make_evidence
from tests.observe.test_history_bounds import evidences


def enriched(evidence: Evidence, seed: int) -> Evidence:
    """The same with counted lines, and with files at HEAD that hold branches and workflows."""
    generator = np.random.default_rng(seed)
    lines = generator.integers(-1, 900, (2, len(evidence.history.changed_commit))).astype(np.int32)
    lines[:, lines.min(axis=0) < 0] = -1

    def file(path: bytes) -> SourceFile:
        uses, triggers = (int(number) for number in generator.integers(0, 4, 2))
        counts = {
            "uses": uses,
            "uses_pinned": int(generator.integers(0, uses + 1)),
            "continue_on_error": int(generator.integers(0, 2)),
            "or_true": int(generator.integers(0, 2)),
            "triggers": triggers,
            "request_triggers": int(generator.integers(0, triggers + 1)),
        }
        language = "python" if path.endswith(b".py") else ""
        return SourceFile(path, "", language, 0, complexity=int(generator.integers(0, 500)), counts=counts)

    return replace(evidence, tree=Tree([file(path) for path in evidence.tree.paths]), churn=Churn(lines[0], lines[1]))


seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(evidences, seeds)
def test_values_are_of_their_measure(evidence: Evidence, seed: int) -> None:
    catalogue = load_catalogue()
    for name, answer in answers(enriched(evidence, seed)).items():
        measure, value = catalogue[name], answer.value
        if measure.kind == "yes-no":
            assert type(value) is bool, name
        elif value is not None:
            assert type(value) is float, name
            low, high = measure.bounds or (0, math.inf)
            assert low <= value <= high, name
        assert all(math.isfinite(number) for number in answer.because.values()), name


@settings(max_examples=60, deadline=None, derandomize=True)
@given(evidences, seeds)
def test_a_share_is_its_part_over_its_whole(evidence: Evidence, seed: int) -> None:
    catalogue = load_catalogue()
    checked = 0
    for name, answer in answers(enriched(evidence, seed)).items():
        measure = catalogue[name]
        mean_of_shares = "mean share" in " ".join(answer.because)
        # Of one project, a share of projects is 1 or 0.
        is_share = measure.quantity.startswith("share of") and measure.quantity != "share of projects"
        if measure.bounds is None or not is_share or mean_of_shares:
            continue
        if len(answer.because) == 2:
            part, whole = answer.because.values()
            assert 0 <= part <= whole
            least = 20 if "fewer than twenty" in measure.definition else 1
            assert answer.value == (min(part / whole, measure.bounds[1]) if whole >= least else None), name
            checked += 1
    assert checked >= 15


@settings(max_examples=80, deadline=None, derandomize=True)
@given(evidences, seeds)
def test_the_order_of_equal_times_of_changes_and_of_files_changes_nothing(evidence: Evidence, seed: int) -> None:
    rich = replace(enriched(evidence, seed), churn=None)
    tree = Tree(rich.tree.files[::-1])
    other = replace(rich, history=shuffled(rich.history, seed), tree=tree)
    before, after = answers(rich), answers(other)
    for name, answer in before.items():
        value = after[name].value
        assert (value is None) == (answer.value is None), name
        assert value == answer.value if value is None else value == pytest.approx(answer.value, abs=1e-9), name
        assert set(after[name].because) == set(answer.because), name


def test_the_shuffled_history_is_another_one() -> None:
    """The law above proves nothing if nothing was moved."""
    history = make_evidence(
        [Commit(files={b"a": "A", b"b": "A"}), *[Commit(who=who) for who in (BOB, ALICE) * 5]]
    ).history
    moved = [shuffled(history, seed) for seed in range(5)]
    assert any(not np.array_equal(history.commit, one.commit) for one in moved)
    assert any(history.paths != one.paths for one in moved)
    assert any(history.people != one.people for one in moved)
    for one in moved:
        rows = {bytes(commit): row for row, commit in enumerate(one.commit)}
        for row, commit in enumerate(history.commit):
            parent, same = history.first_parent[row], one.first_parent[rows[bytes(commit)]]
            assert parent == same == -1 or bytes(history.commit[parent]) == bytes(one.commit[same])
