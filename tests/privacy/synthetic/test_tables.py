"""Tables: what is public about their columns, and the files they become."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest

from fedlore.catalogue.load import load_catalogue
from fedlore.catalogue.measure import MeasureId
from fedlore.privacy.synthetic.projects import project_table
from fedlore.privacy.synthetic.table import Column, SyntheticError, Table
from fedlore.privacy.synthetic.writing import plain, written
from tests.privacy.synthetic.making import columns_of


def test_the_columns_of_projects_are_the_catalogues_and_do_not_depend_on_the_rows() -> None:
    catalogue = load_catalogue()
    histogram = next(one for one in catalogue.measures.values() if one.kind == "histogram")
    yes_no = catalogue["workflow.ci"]
    table = project_table(
        [yes_no, histogram],
        [
            {yes_no.id: True, histogram.id: histogram.bins[0]},
            {yes_no.id: False, histogram.id: None},
            {histogram.id: histogram.bins[0] - 1e-9},
        ],
    )
    assert table.codes.tolist() == [[1, 1], [0, len(histogram.bin_labels)], [0, 0]]
    assert table.columns == project_table([yes_no, histogram], []).columns
    assert table.columns[1].labels == (*histogram.bin_labels, "absent")
    mean = next(one for one in catalogue.measures.values() if one.kind == "mean")
    with pytest.raises(SyntheticError, match="no bins"):
        project_table([mean], [{MeasureId("x"): 1.0}])


@pytest.mark.parametrize(
    ("columns", "codes"),
    [
        (columns_of((2, 2)), [[0, 2]]),
        (columns_of((2, 2)), [[0, -1]]),
        (columns_of((2, 2)), [[0]]),
        ((Column("a", ("x",)),), [[0]]),
        ((Column("a", ("x", "x")),), [[0]]),
        ((Column("a", ("x", "y")), Column("a", ("x", "y"))), [[0, 0]]),
        (columns_of((2,) * 51), [[0] * 51]),
    ],
)
def test_rows_that_are_not_of_the_stated_columns_are_refused(
    columns: tuple[Column, ...], codes: list[list[int]]
) -> None:
    with pytest.raises(SyntheticError):
        Table(columns, np.array(codes, dtype=np.int64))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_is_a_formula_to_a_spreadsheet(start: str) -> None:
    cell = f"{start}1+cmd|' /C calc'!A0"
    table = Table((Column(cell, (cell, "plain")),), np.array([[0], [1]]))
    lines = list(csv.reader(io.StringIO(written(table, "csv", {}).decode(), newline="")))
    assert lines == [[f"'{cell}"], [f"'{cell}"], ["plain"]]
    assert plain("plain - really") == "plain - really"


def test_json_holds_the_table_and_what_it_is() -> None:
    table = Table((Column("a", ("no", "yes")),), np.array([[1], [0]]))
    read = json.loads(written(table, "json", {"unit": "project"}))
    assert written(table, "json", {}).decode() == json.dumps(dict(list(read.items())[1:]), indent=1) + "\n"
    assert read == {"unit": "project", "columns": ["a"], "rows": [["yes"], ["no"]]}
    with pytest.raises(SyntheticError, match="csv or json"):
        written(table, "xlsx", {})


def test_a_table_may_have_fifty_columns() -> None:
    assert Table(columns_of((2,) * 50), np.array([[0] * 50])).rows == 1
