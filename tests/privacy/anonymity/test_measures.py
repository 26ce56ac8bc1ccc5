"""k, l and t are what their definitions say, on any table."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings

from fedlore.privacy.anonymity import classes as classes_module
from fedlore.privacy.anonymity.classes import classes_of
from fedlore.privacy.anonymity.columns import AnonymityError, Column, Records, halved
from fedlore.privacy.anonymity.diversity import distances
from fedlore.privacy.anonymity.guarantee import Guarantee, measure
from tests.privacy.anonymity.making import (
    FLAT,
    NESTED,
    ORDERED,
    VALUE,
    WORD,
    distinct_l,
    earth_movers,
    entropy_l,
    members,
    records_of,
    recursive_c,
    tables,
)


@given(tables())
@settings(max_examples=60, deadline=None)
def test_every_measure_equals_plain_loops_over_the_rows(records: Records) -> None:
    found = measure(records, 2)
    parts = members([tuple(row) for row in records.quasi_codes.tolist()])
    columns = [codes.tolist() for codes in records.sensitive_codes.T]
    values = [[column[row] for row in part] for part in parts for column in columns]
    assert found.k == min(map(len, parts))
    assert found.classes == len(parts)
    assert found.distinct_l == min(map(distinct_l, values))
    assert found.entropy_l == pytest.approx(min(map(entropy_l, values)))
    assert found.recursive_c == pytest.approx(max(recursive_c(one, 2) for one in values))
    expected = max(
        earth_movers(column, [codes[row] for row in part], codes)
        for part in parts
        for column, codes in zip(records.sensitive, columns, strict=True)
    )
    assert found.t == pytest.approx(expected, abs=1e-9)


def test_the_papers_own_distances_come_out() -> None:
    """Li, Li and Venkatasubramanian, section 5: of nine salaries three low ones are .375 away, three spread ones .167.

    With their hierarchy flu is 1/3 from bronchitis, 2/3 from pulmonary embolism and 1 from stomach cancer.
    """
    salary = Column("salary", tuple(f"{number}k" for number in range(3, 12)), ordered=True)
    low, spread = [0, 1, 2], [3, 5, 8]
    for part, distance in ((low, 0.375), (spread, 1 / 6)):
        counts, whole = np.isin(np.arange(9), part).astype(int)[None], np.ones(9, dtype=np.int64)
        assert distances(counts, whole, salary) == pytest.approx([distance])
    disease = Column(
        "disease",
        ("flu", "bronchitis", "pulmonary embolism", "stomach cancer"),
        levels=(
            ("respiratory infection", "respiratory infection", "vascular lung", "stomach"),
            ("respiratory", "respiratory", "respiratory", "digestive"),
        ),
    )
    flu = np.array([[1, 0, 0, 0]])
    for other, distance in ((1, 1 / 3), (2, 2 / 3), (3, 1.0)):
        assert distances(flu, np.eye(4, dtype=np.int64)[other], disease) == pytest.approx([distance])


def test_ties_skew_and_repeated_rows_have_known_numbers() -> None:
    rows, words = [[0]] * 100 + [[1]] * 2, [[0]] * 99 + [[1], [1], [2]]
    found = measure(records_of([FLAT], rows, [WORD], words))
    assert (found.k, found.classes, found.distinct_l) == (2, 2, 2)
    assert found.entropy_l == pytest.approx(math.exp(-(0.99 * math.log(0.99) + 0.01 * math.log(0.01))))
    assert found.recursive_c == 99
    assert found.t == pytest.approx(99 / 102)
    same = measure(records_of([FLAT, ORDERED], [[2, 3]] * 5, [VALUE], [[1]] * 5))
    assert (same.k, same.classes, same.distinct_l, same.entropy_l, same.t) == (5, 1, 1, 1.0, 0.0)
    assert same.recursive_c == math.inf


def test_a_label_that_nobody_has_does_not_bring_ordered_values_nearer() -> None:
    rows, values = [[0], [0], [1], [1]], [[0], [0], [1], [1]]
    assert measure(records_of([FLAT], rows, [VALUE], values)).t == pytest.approx(0.5)


def test_a_table_without_sensitive_columns_has_k_only() -> None:
    found = measure(records_of([FLAT], [[0], [0], [1]]))
    assert (found.k, found.distinct_l, found.entropy_l, found.recursive_c, found.t) == (1, None, None, None, 0.0)
    with pytest.raises(AnonymityError, match="without rows"):
        measure(records_of([FLAT], []))


def test_classes_of_more_combinations_than_an_integer_holds_are_told_apart() -> None:
    rng = np.random.default_rng(1)
    codes = np.repeat(rng.integers(0, 100_000, (200, 12)), 2, axis=0)
    codes[1, 0] ^= 1
    found = classes_of(codes, [100_001] * 12)
    assert len(np.unique(found)) == 201
    assert (found[2::2] == found[3::2]).all()
    assert found[0] != found[1]


def test_a_column_that_the_others_would_push_out_of_an_integer_still_tells_rows_apart() -> None:
    codes = np.zeros((2, 5), dtype=np.int64)
    codes[1, 0] = 1  # times 2^64 without a new numbering
    assert classes_of(codes, [2**16] * 5).tolist() == [0, 1]


def test_blocks_of_classes_give_the_same_as_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    records = records_of(
        [ORDERED, FLAT], rng.integers(0, 3, (80, 2)).tolist(), [NESTED], rng.integers(0, 4, (80, 1)).tolist()
    )
    at_once = measure(records)
    monkeypatch.setattr(classes_module, "_MOST_CELLS", 8)
    assert measure(records) == at_once


@pytest.mark.parametrize(
    ("labels", "ordered", "levels", "word"),
    [
        ((), False, (), "labels"),
        (("a", "a"), False, (), "labels"),
        (("a", "b"), True, (("x", "x"),), "no hierarchy"),
        (("a", "b"), False, (("x",),), "one group for each"),
        (("a", "b", "c"), False, (("x", "y", "x"),), "side by side"),
        (("a", "b", "c"), False, (("x", "x", "y"), ("v", "w", "w")), "two of the next"),
    ],
)
def test_a_column_that_makes_no_sense_is_refused(
    labels: tuple[str, ...], ordered: bool, levels: tuple[tuple[str, ...], ...], word: str
) -> None:
    with pytest.raises(AnonymityError, match=word):
        Column("c", labels, ordered, levels)


def test_a_table_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(AnonymityError, match="name of its own"):
        records_of([FLAT, FLAT], [[0, 0]])
    with pytest.raises(AnonymityError, match="may not hold"):
        records_of([FLAT], [[3]])
    with pytest.raises(AnonymityError, match="may not hold"):
        records_of([FLAT], [[-1]])
    with pytest.raises(AnonymityError, match="one code"):
        Records((FLAT, ORDERED), np.zeros((2, 1), dtype=np.int64), (), np.zeros((2, 0), dtype=np.int64))
    with pytest.raises(AnonymityError, match="its sensitive values"):
        Records((FLAT,), np.zeros((2, 1), dtype=np.int64), (), np.zeros((3, 0), dtype=np.int64))


def test_bins_are_grouped_by_two_and_an_absent_value_stays_alone() -> None:
    column = halved("points", ("1", "2", "3", "5", "8"), "absent")
    assert column.levels == (
        ("1 .. 2", "1 .. 2", "3 .. 5", "3 .. 5", "8", "absent"),
        ("1 .. 5", "1 .. 5", "1 .. 5", "1 .. 5", "8", "absent"),
        ("not absent",) * 5 + ("absent",),
    )
    assert [column.word(0, 0), column.word(2, 3), column.word(0, 4), column.word(0, 5)] == [
        "1",
        "3 .. 5",
        "not absent",
        "*",
    ]
    assert ORDERED.word(2, 4) == "2 .. 4"
    assert halved("yes", ("no", "yes")).levels == ()


def test_recursive_diversity_is_met_by_a_c_above_the_measured_one_for_that_l_alone() -> None:
    found = measure(records_of([FLAT], [[0]] * 6, [WORD], [[0], [0], [0], [1], [1], [2]]), 2)
    assert found.recursive_c == 1.0
    met = {c: found.meets(Guarantee(6, 2, diversity="recursive", c=c)) for c in (0.5, 1.0, 1.5, 3.0)}
    assert met == {0.5: False, 1.0: False, 1.5: True, 3.0: True}
    assert Guarantee(6, 2, diversity="recursive") == Guarantee(6, 2, diversity="recursive", c=3.0)
    assert not found.meets(Guarantee(6, 3, diversity="recursive", c=3.0))
