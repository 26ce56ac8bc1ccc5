"""The exact local picture: the same statements from one's own sums, without noise, for their owner's eyes only."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from fedlore.catalogue.load import Catalogue, domains_of
from fedlore.catalogue.measure import MeasureId
from fedlore.catalogue.plan import Plan
from fedlore.contribute.encode import encode
from fedlore.learn.say import statements
from fedlore.learn.statement import Statement
from fedlore.learn.sums import Sums
from fedlore.observe.evidence import Features

YOURS = "yours; nothing left"


def exact_picture(
    catalogue: Catalogue, learning_type: str, projects: Sequence[Features], as_of: int
) -> tuple[Statement, ...]:
    """Every share, histogram and mean of a learning type and its pairs with outcomes, over these projects alone.

    The intervals hold for projects like these; the estimates are exact. Nothing is charged, as nothing leaves.
    """
    if not projects:
        return ()
    plan = _plan(catalogue, learning_type, as_of)
    sums = Sums.from_release(plan, encode(plan, catalogue, projects), 0)
    return statements(sums, catalogue)


def _plan(catalogue: Catalogue, learning_type: str, as_of: int) -> Plan:
    measures = catalogue.of_domains(domains_of(learning_type))
    practices = [m.id for m in measures if m.kind == "yes-no" and m.role == "practice"]
    outcomes: list[MeasureId] = [m.id for m in catalogue.outcomes()] if practices else []
    others = [m.id for m in measures if m.kind == "yes-no" and m.id not in practices and m.id not in outcomes]
    return Plan(
        round_id=str(uuid.uuid4()),
        federation_id="local",
        learning_type=learning_type,
        as_of=as_of,
        shares=(*practices, *outcomes, *others),
        pairs=tuple((practice, outcome) for practice in practices for outcome in outcomes),
        histograms=tuple((m.id, len(m.bin_labels)) for m in measures if m.kind == "histogram"),
        means=tuple(m.id for m in measures if m.kind == "mean"),
        members=(),
        mechanism="discrete gaussian",
        epsilon_micro=0,
        delta_e15=0,
        scale=2**16,
        noise_scale=0.0,
        least_honest=1,
        min_cohort=1,
        catalogue_digest=catalogue.digest,
    )
