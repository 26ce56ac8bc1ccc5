"""Projects as rows: one column for each chosen measure, its values the catalogue's own answers or bins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from fedlore.catalogue.measure import Measure, MeasureId
from fedlore.privacy.synthetic.table import Column, SyntheticError, Table

ABSENT = "absent"
UNIT = "project"


def project_table(measures: Sequence[Measure], projects: Sequence[Mapping[MeasureId, bool | float | None]]) -> Table:
    """A row for each project; neighbours differ in one project. Raises `SyntheticError` for a measure without bins."""
    columns = tuple(_column(measure) for measure in measures)
    codes = [[_code(measure, features.get(measure.id)) for measure in measures] for features in projects]
    return Table(columns, np.array(codes, dtype=np.int64).reshape(len(projects), len(columns)))


def _column(measure: Measure) -> Column:
    if measure.kind == "mean":
        raise SyntheticError(f"{measure.id} has no bins: a synthetic table holds yes-no measures and histograms")
    labels = ("no", "yes") if measure.kind == "yes-no" else (*measure.bin_labels, ABSENT)
    return Column(str(measure.id), labels)


def _code(measure: Measure, value: bool | float | None) -> int:
    if measure.kind == "yes-no":
        return int(bool(value))
    if value is None:
        return len(measure.bin_labels)
    return int(np.searchsorted(measure.bins, float(value), side="right"))
