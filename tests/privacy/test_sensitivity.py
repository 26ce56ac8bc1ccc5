"""The derived sensitivity is what the farthest-moving project really moves, neither more nor less."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedlore.catalogue.load import Catalogue
from fedlore.catalogue.measure import Measure, MeasureId
from fedlore.catalogue.plan import Plan, PlanError
from fedlore.contribute.encode import encode
from fedlore.privacy.sensitivity import l1_units, l2_units, sensitivity

NAMES = st.lists(st.sampled_from("pqrst"), unique=True, max_size=5).map(lambda n: tuple(MeasureId(x) for x in n))


def _measure(name: str, kind: str, **shape: object) -> Measure:
    words = {"domain": "code_patterns", "group": "pattern_aggregation", "question": "?", "unit": "project"}
    table = {**words, "kind": kind, "role": "practice", "definition": "d", "source": "s", **shape}
    return Measure(id=MeasureId(name), **table)  # type: ignore[arg-type]


CATALOGUE = Catalogue(
    {
        **{MeasureId(n): _measure(n, "yes-no") for n in "pqrst"},
        **{MeasureId(f"h{n}"): _measure(f"h{n}", "histogram", bins=(1.0, 2.0)) for n in "pqrst"},
        **{MeasureId(f"m{n}"): _measure(f"m{n}", "mean", bounds=(-1.0, 3.0)) for n in "pqrst"},
    },
    "digest",
)


@given(shares=NAMES, pairs=NAMES, histograms=NAMES, means=NAMES, members=NAMES, scale=st.sampled_from([1, 16, 64]))
@settings(max_examples=100, deadline=None)
def test_the_worst_project_moves_exactly_the_sensitivity(
    shares: tuple[MeasureId, ...],
    pairs: tuple[MeasureId, ...],
    histograms: tuple[MeasureId, ...],
    means: tuple[MeasureId, ...],
    members: tuple[MeasureId, ...],
    scale: int,
) -> None:
    asked = Plan(
        *("round", "federation", "code_patterns", 0),
        shares=shares,
        pairs=tuple((p, MeasureId("p")) for p in pairs),
        histograms=tuple((MeasureId(f"h{h}"), 3) for h in histograms),
        means=tuple(MeasureId(f"m{m}") for m in means),
        members=members,
        mechanism="discrete gaussian",
        epsilon_micro=10**6,
        delta_e15=10**9,
        scale=scale,
        noise_scale=99.0,
        least_honest=3,
        min_cohort=3,
        catalogue_digest="digest",
    )
    bound = sensitivity(asked)
    measures = CATALOGUE.measures.values()
    worst = {m.id: True if m.kind == "yes-no" else 1.5 if m.kind == "histogram" else 3.0 for m in measures}
    moved = np.abs(encode(asked, CATALOGUE, [worst]) - encode(asked, CATALOGUE, []))
    assert moved.sum() == bound.l1
    assert (moved**2).sum() == bound.l2_squared
    assert moved.max() == bound.linf == scale
    assert (l1_units(asked) * scale, l2_units(asked) * scale) == (bound.l1, pytest.approx(bound.l2))


def test_no_sensitivity_is_made_up_for_another_privacy_unit(plan: Plan) -> None:
    with pytest.raises(PlanError):
        sensitivity(replace(plan, unit="commit"))
