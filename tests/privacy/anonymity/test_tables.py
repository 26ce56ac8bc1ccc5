"""Columns of records: what is sensitive, and hierarchies that follow from the labels alone."""

from __future__ import annotations

import numpy as np
import pytest

from fedlore.catalogue.load import load_catalogue
from fedlore.observe.record_tables import story_table
from fedlore.privacy.anonymity.columns import AnonymityError
from fedlore.privacy.anonymity.guarantee import Guarantee
from fedlore.privacy.anonymity.mondrian import enforce
from fedlore.privacy.anonymity.tables import STORY_SENSITIVE, as_records, with_columns
from fedlore.privacy.synthetic.projects import project_table
from fedlore.privacy.synthetic.table import Column, Table


def test_columns_are_split_by_what_is_sensitive_and_none_is_lost() -> None:
    table = Table(
        (Column("a", ("no", "yes")), Column("s", ("low", "mid", "high", "absent")), Column("b", ("0", "1", "2"))),
        np.array([[0, 3, 2], [1, 0, 1]]),
    )
    records = as_records(table, {"s"})
    assert [column.name for column in records.quasi] == ["a", "b"]
    assert records.quasi_codes.tolist() == [[0, 2], [1, 1]]
    assert [column.name for column in records.sensitive] == ["s"]
    assert records.sensitive_codes.tolist() == [[3], [0]]
    assert records.sensitive[0].levels[-1] == ("not absent", "not absent", "not absent", "absent")
    assert records.quasi[1].levels == (("0 .. 1", "0 .. 1", "2"),)
    with pytest.raises(AnonymityError, match="every column is sensitive"):
        as_records(table, {"a", "s", "b"})


def test_chosen_columns_keep_the_tables_order_and_an_unknown_one_is_refused() -> None:
    table = Table(
        (Column("a", ("no", "yes")), Column("b", ("0", "1", "2")), Column("c", ("x", "y"))), np.array([[0, 2, 1]])
    )
    few = with_columns(table, ["c", "b"])
    assert [column.name for column in few.columns] == ["b", "c"]
    assert few.codes.tolist() == [[2, 1]]
    with pytest.raises(AnonymityError, match="named z; known: a, b, c"):
        with_columns(table, ["z", "a"])


def test_every_measure_and_every_column_of_stories_makes_a_column() -> None:
    catalogue = load_catalogue()
    measures = [measure for measure in catalogue.measures.values() if measure.kind != "mean"]
    for begin in range(0, len(measures), 40):
        table = project_table(measures[begin : begin + 40], [{}] * 4)
        records = as_records(table, [measure.id for measure in catalogue.outcomes()])
        assert len(records.columns) == len(table.columns)
        assert enforce(records, Guarantee(2)).rows == 4
    stories = as_records(story_table([]), STORY_SENSITIVE)
    assert [column.name for column in stories.sensitive] == list(STORY_SENSITIVE)
    assert stories.quasi[0].levels == (
        ("not begun", "not begun", "under way", "under way", "ended", "put off", "put off", "given up", "unknown"),
    )
