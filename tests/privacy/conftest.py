"""A plan of every kind of slot."""

from __future__ import annotations

import pytest

from fedlore.catalogue.measure import MeasureId
from fedlore.catalogue.plan import Plan


@pytest.fixture
def plan() -> Plan:
    a, b, h, m = (MeasureId(name) for name in ("a", "b", "h", "m"))
    return Plan(
        round_id="round",
        federation_id="federation",
        learning_type="code_patterns",
        as_of=1_700_000_000,
        shares=(a, b),
        pairs=((a, b),),
        histograms=((h, 3),),
        means=(m,),
        members=(a,),
        mechanism="discrete gaussian",
        epsilon_micro=1_000_000,
        delta_e15=10**10,
        scale=16,
        noise_scale=100.0,
        least_honest=5,
        min_cohort=5,
        catalogue_digest="digest",
    )
