"""What is released has k, l and t by the letter, tells the truth about every row, and says what was lost."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fedlore.privacy.anonymity.columns import AnonymityError, Column, NotReleasable, Records
from fedlore.privacy.anonymity.guarantee import Diversity, Guarantee
from fedlore.privacy.anonymity.mondrian import enforce
from fedlore.privacy.anonymity.partition import halves, losses
from fedlore.privacy.anonymity.released import Released
from tests.privacy.anonymity.making import (
    FLAT,
    NESTED,
    ORDERED,
    TREE,
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


def boxes(released: Released) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    both = zip(released.low.tolist(), released.high.tolist(), strict=True)
    return [(tuple(low), tuple(high)) for low, high in both]


def is_told_truthfully(records: Records, released: Released) -> bool:
    """Whether the released rows can be given to different original ones that they are true of: Hall, by flow."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import maximum_bipartite_matching

    true = [
        [
            bool((low <= row).all() and (row <= high).all() and (values == private).all())
            for row, private in zip(records.quasi_codes, records.sensitive_codes, strict=True)
        ]
        for low, high, values in zip(released.low, released.high, released.sensitive_codes, strict=True)
    ]
    return bool((maximum_bipartite_matching(csr_matrix(np.array(true)), perm_type="column") >= 0).all())


@given(
    tables(least=2),
    st.integers(2, 6),
    st.integers(1, 3),
    st.sampled_from([0.0, 0.2, 0.5, 1.0]),
    st.sampled_from(["distinct", "entropy", "recursive"]),
    st.sampled_from([0.0, 0.1, 0.3]),
)
@settings(max_examples=150, deadline=None)
def test_what_is_asked_holds_by_plain_loops_or_nothing_is_released(
    records: Records, k: int, l_: int, t: float, diversity: Diversity, suppress: float
) -> None:
    asked = Guarantee(k, l_, t, diversity, c=2.0)
    whole = [codes.tolist() for codes in records.sensitive_codes.T]
    try:
        released = enforce(records, asked, suppress)
    except NotReleasable:
        enough = {
            "distinct": all(distinct_l(values) >= l_ for values in whole),
            "entropy": all(entropy_l(values) >= l_ for values in whole),
            "recursive": all(recursive_c(values, l_) < 2.0 for values in whole),
        }
        assert records.rows < k or not enough[diversity]
        return
    assert released.rows + released.suppressed == records.rows
    assert released.suppressed <= suppress * records.rows
    columns = [codes.tolist() for codes in released.sensitive_codes.T]
    for part in members(boxes(released)):
        assert len(part) >= k
        for column, codes in zip(records.sensitive, columns, strict=True):
            values = [codes[row] for row in part]
            if diversity == "distinct":
                assert distinct_l(values) >= l_
            elif diversity == "entropy":
                assert entropy_l(values) >= l_ - 1e-9
            else:
                assert recursive_c(values, l_) < 2.0
            if t < 1:
                assert earth_movers(column, values, codes) <= t + 1e-9
    assert is_told_truthfully(records, released)


@given(tables(least=4), st.integers(2, 5))
@settings(max_examples=60, deadline=None)
def test_the_loss_is_what_its_definition_says(records: Records, k: int) -> None:
    assume(records.rows >= k)
    released = enforce(records, Guarantee(k), 0.2)
    lost = released.loss(k)
    penalties: dict[str, float] = {column.name: float(released.suppressed) for column in records.quasi}
    for low, high in boxes(released):
        for column, one, other in zip(records.quasi, low, high, strict=True):
            if column.ordered:
                penalties[column.name] += (other - one) / (column.size - 1)
            elif other > one:
                penalties[column.name] += (other - one + 1) / column.size
    assert lost.columns == pytest.approx({name: penalty / records.rows for name, penalty in penalties.items()})
    assert lost.gcp == pytest.approx(sum(penalties.values()) / records.rows / len(records.quasi))
    sizes = list(Counter(boxes(released)).values())
    assert lost.discernibility == sum(size * size for size in sizes) + released.suppressed * records.rows
    assert lost.average_class == pytest.approx(released.rows / len(sizes) / k)
    assert lost.suppressed_share == pytest.approx(released.suppressed / records.rows)


@given(tables(least=6))
@settings(max_examples=40, deadline=None)
def test_the_order_of_the_rows_is_told_by_nothing(records: Records) -> None:
    order = np.random.default_rng(records.rows).permutation(records.rows)
    other = Records(records.quasi, records.quasi_codes[order], records.sensitive, records.sensitive_codes[order])
    one, two = enforce(records, Guarantee(3), 0.2), enforce(other, Guarantee(3), 0.2)
    assert one.words() == two.words()


def test_ordered_values_are_cut_next_to_their_median_and_groups_by_their_hierarchy() -> None:
    ages = enforce(records_of([ORDERED], [[0], [0], [1], [4], [5], [6]]), Guarantee(3))
    assert ages.words()[1] == [["0 .. 1"]] * 3 + [["2 .. 6"]] * 3
    places = enforce(records_of([TREE], [[0]] * 2 + [[1]] * 2 + [[2]] * 2 + [[4]] * 3), Guarantee(2))
    assert [row[0] for row in places.words()[1]] == ["a", "a", "b", "b", "c", "c", "e", "e", "e"]
    coarser = enforce(records_of([TREE], [[0]] * 2 + [[1]] + [[2]] * 2 + [[4]] * 3), Guarantee(3))
    assert [row[0] for row in coarser.words()[1]] == ["abcd"] * 5 + ["e"] * 3


@given(st.lists(st.integers(0, 6), min_size=1, max_size=12))
@settings(deadline=None)
def test_an_ordered_group_is_cut_where_the_smaller_side_keeps_most_rows(values: list[int]) -> None:
    """Of the two cuts beside the lower median, by counting."""
    codes = np.array(values, dtype=np.int64)
    nothing = np.zeros(len(values), dtype=np.int64)
    low, high = halves(nothing, codes, np.array([0]), np.array([6]))
    median = sorted(values)[(len(values) - 1) // 2]
    smaller = {
        last: min(sum(v <= last for v in values), sum(v > last for v in values)) for last in (median, median - 1)
    }
    last = median if smaller[median] >= smaller[median - 1] else median - 1
    if len(set(values)) == 1:
        assert set(zip(low.tolist(), high.tolist(), strict=True)) == {(0, 6)}
    else:
        expected = [(0, last) if value <= last else (last + 1, 6) for value in values]
        assert list(zip(low.tolist(), high.tolist(), strict=True)) == expected


def test_rows_stand_in_the_order_of_what_they_say_with_their_sensitive_values_in_words() -> None:
    records = records_of([ORDERED, FLAT], [[6, 0], [0, 2], [0, 1], [6, 0]] * 2, [WORD], [[2], [0], [1], [0]] * 2)
    names, rows = enforce(records, Guarantee(2)).words()
    assert names == ["age", "kind", "word"]
    assert rows == [
        [a, k, w]
        for a, k, w in (("0", "y", "q"), ("0", "z", "p"), ("1 .. 6", "x", "p"), ("1 .. 6", "x", "r"))
        for _ in "12"
    ]


def test_where_the_widest_column_cannot_be_cut_the_next_one_is() -> None:
    same_age = enforce(records_of([ORDERED, FLAT], [[3, 0]] * 3 + [[3, 1]] * 3), Guarantee(3))
    assert {row[1] for row in same_age.words()[1]} == {"x", "y"}
    assert same_age.loss(3).columns["kind"] == 0


@pytest.mark.parametrize(("labels", "high", "lost"), [(1, 0, 0.0), (2, 1, 1.0), (3, 1, 0.5), (3, 2, 1.0)])
def test_a_range_loses_the_share_of_the_widest_that_it_is(labels: int, high: int, lost: float) -> None:
    column = Column("rank", tuple(map(str, range(labels))), ordered=True)
    assert losses(column, np.array([0]), np.array([high])).tolist() == [lost]


def test_few_rows_of_a_rare_group_stay_behind_together_or_are_suppressed_within_the_limit() -> None:
    rows = [[0]] * 10 + [[1]] * 10 + [[2]] * 2
    kept = enforce(records_of([FLAT], rows), Guarantee(2))
    assert kept.loss(2).gcp == 0
    whole = enforce(records_of([FLAT], rows), Guarantee(3))
    assert (whole.suppressed, {row[0] for row in whole.words()[1]}) == (0, {"*"})
    limited = enforce(records_of([FLAT], rows), Guarantee(3), 0.1)
    assert (limited.suppressed, {row[0] for row in limited.words()[1]}) == (2, {"x", "y"})
    assert enforce(records_of([FLAT], rows), Guarantee(3), 0.05).suppressed == 0
    wide = Column("wide", tuple("abcd"))
    behind = enforce(records_of([wide], [[0]] * 10 + [[1]] * 2 + [[2]] * 2 + [[3]] * 2), Guarantee(3), 0.5)
    assert Counter(row[0] for row in behind.words()[1]) == {"a": 10, "*": 6}


@pytest.mark.parametrize("asked", [Guarantee(4), Guarantee(2, l=2), Guarantee(2, l=2, diversity="entropy")])
def test_what_cannot_be_had_is_refused(asked: Guarantee) -> None:
    same = records_of([FLAT], [[0]] * 3, [WORD], [[1]] * 3)
    with pytest.raises(NotReleasable, match="3 records.*k = 4" if asked.k == 4 else "3 records too few are in word"):
        enforce(same, asked)
    with pytest.raises(NotReleasable, match="0 records cannot be released"):
        enforce(records_of([FLAT], [], [WORD], []), asked)


def test_one_value_everywhere_is_released_as_it_is_only_where_that_cuts_nothing_off() -> None:
    same = enforce(records_of([FLAT, ORDERED], [[1, 3]] * 5, [VALUE], [[2]] * 5), Guarantee(5, l=1, t=0.0))
    assert (same.rows, same.suppressed) == (5, 0)
    assert same.measured().k == 5


def test_t_of_nothing_keeps_every_class_like_the_whole_table() -> None:
    rng = np.random.default_rng(3)
    rows = [[number] for number in range(6) for _ in range(4)]
    values = [[value] for _ in range(6) for value in range(4)]
    exact = enforce(records_of([ORDERED], rows, [VALUE], values), Guarantee(4, t=0.0))
    assert exact.measured().t == pytest.approx(0, abs=1e-12)
    assert exact.measured().classes == 6
    skewed = records_of([ORDERED], rng.integers(0, 7, (60, 1)).tolist(), [VALUE], rng.integers(0, 4, (60, 1)).tolist())
    near, far = enforce(skewed, Guarantee(2, t=0.11)), enforce(skewed, Guarantee(2))
    assert near.measured().t <= 0.11 < far.measured().t
    assert near.loss(2).gcp > far.loss(2).gcp


def test_a_suppression_that_moves_the_whole_too_far_is_taken_back() -> None:
    """Suppressed rows change what t is held against: the result is measured as it is released."""
    rng = np.random.default_rng(4)
    for _ in range(40):
        rows, values = rng.integers(0, [3, 6], (30, 2)).tolist(), np.minimum(rng.geometric(0.5, (30, 1)) - 1, 2)
        released = enforce(records_of([FLAT, TREE], rows, [WORD], values.tolist()), Guarantee(3, t=0.25), 0.3)
        assert released.measured().t <= 0.25 + 1e-9


def test_guarantees_that_make_no_sense_are_refused() -> None:
    for wrong in (
        {"k": 1},
        {"k": 2, "l": 0},
        {"k": 2, "t": 1.5},
        {"k": 2, "t": float("nan")},
        {"k": 2, "c": 0.0},
        {"k": 2, "c": float("inf")},
        {"k": 2, "diversity": "some"},
    ):
        with pytest.raises(AnonymityError):
            Guarantee(**wrong)
    assert Guarantee(2, l=1, t=0.0, c=0.5).c == 0.5
    table = records_of([FLAT], [[0]] * 4)
    for share in (-0.1, 1.0, float("nan")):
        with pytest.raises(AnonymityError, match="share of records"):
            enforce(table, Guarantee(2), share)
    with pytest.raises(AnonymityError, match="there is none"):
        enforce(table, Guarantee(2, t=0.3))


def test_a_large_skewed_table_keeps_most_of_what_it_says() -> None:
    rng = np.random.default_rng(5)
    rows = np.minimum(rng.geometric([0.4, 0.3, 0.7], (3000, 3)) - 1, [6, 5, 2])
    records = records_of([ORDERED, TREE, FLAT], rows.tolist(), [NESTED], rng.integers(0, 4, (3000, 1)).tolist())
    released = enforce(records, Guarantee(10, l=3, t=0.3), 0.02)
    assert released.measured().meets(Guarantee(10, l=3, t=0.3))
    assert released.loss(10).gcp < 0.15
