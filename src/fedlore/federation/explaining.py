"""Why a round cost what it cost: its slots, how far one unit moves them, its noise, and what the gate said to it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fedlore.catalogue.measure import MeasureId
from fedlore.catalogue.plan import Plan, Slot
from fedlore.federation.budgets import Scope
from fedlore.federation.exporting import NEIGHBOURS as EXPORTED
from fedlore.privacy.accountant import event_of
from fedlore.privacy.filters import Track, limits_of, loss_of, spent_by, tracks
from fedlore.privacy.ledger import DELTA_UNIT
from fedlore.privacy.room import Total, total_of
from fedlore.privacy.sensitivity import NEIGHBOURS, Sensitivity, sensitivity
from fedlore.privacy.shares import MechanismError
from fedlore.store.charges import ChargeRow

TRACK_WORDS: Mapping[Track, str] = {
    "sum": "the plain sums of the prices",
    "gaussian": "the sum of mu^2 (Gaussian differential privacy)",
    "renyi": "the sum of Renyi divergences at one order",
    "first": "nothing was spent before it",
}


@dataclass(frozen=True, slots=True)
class Noise:
    """The noise of a round. ``multiplier`` is its size over the sensitivity, ``slot_sd`` its standard deviation.

    That is in units of a slot of weight 1, as ``least_honest`` members add up to it. ``sensitivity`` is in lattice
    points, ``scale`` of which are one unit.
    """

    mechanism: str
    unit: str
    sensitivity: Sensitivity
    scale: int
    multiplier: float
    slot_sd: float
    least_honest: int


@dataclass(frozen=True, slots=True)
class Admission:
    """What one cap's gate said: the tracks that admitted the charge beside what was spent before it that year."""

    kind: str
    tracks: tuple[Track, ...]
    before: Total
    after: Total


@dataclass(frozen=True, slots=True)
class Explanation:
    """One charge explained; ``slots`` (by kind), ``noise`` and ``measure_slots`` are of rounds only.

    ``neighbours`` says between which data sets its price holds, empty where that is not known.

    ``distance_delta`` is the part of delta that pays for the noise's distance from the exact mechanism,
    ``mechanism_delta`` the rest. Of an operation without a known mechanism nothing but its price is known.
    """

    row: ChargeRow
    learning_type: str
    slots: Mapping[str, int]
    measure_slots: int
    noise: Noise | None
    mechanism_delta: float
    distance_delta: float
    admissions: tuple[Admission, ...]
    neighbours: str = ""


def explained(
    row: ChargeRow, plan: Plan | None, scopes: Sequence[Scope], measure: MeasureId | None = None
) -> Explanation:
    """Explain the charge ``row`` of the round ``plan`` (None: it is not a round) beside the charges of its scopes."""
    whole = row.charge.delta_e15 / DELTA_UNIT
    try:
        event = event_of(row.event, row.epsilon_micro, row.delta_e15)
        distance = min(whole, (1 + math.exp(row.epsilon_micro / 1e6)) * event.distance)
    except MechanismError:
        distance = 0.0
    found = () if plan is None else plan.slots
    return Explanation(
        row,
        "" if plan is None else plan.learning_type,
        Counter(slot.kind for slot in found),
        sum(_asks(slot, measure) for slot in found),
        None if plan is None else _noise(plan, float(row.event["noise_multiplier"])),
        whole - distance,
        distance,
        tuple(_admission(row, scope) for scope in scopes),
        EXPORTED.get(str(row.event.get("unit")), "") if plan is None else NEIGHBOURS[plan.unit],
    )


def asks(plan: Plan, measure: MeasureId) -> bool:
    """Whether a round asked a measure."""
    return any(_asks(slot, measure) for slot in plan.slots)


def _asks(slot: Slot, measure: MeasureId | None) -> bool:
    return measure is not None and measure in {slot.measure, slot.outcome}


def _noise(plan: Plan, multiplier: float) -> Noise:
    deviation = plan.noise_scale
    if plan.mechanism == "discrete laplace":
        decay = math.exp(-1 / plan.noise_scale)
        deviation = math.sqrt(2 * decay) / (1 - decay)
    return Noise(
        plan.mechanism,
        plan.unit,
        sensitivity(plan),
        plan.scale,
        multiplier,
        deviation / plan.scale,
        plan.least_honest,
    )


def _admission(row: ChargeRow, scope: Scope) -> Admission:
    """What the gate of the year in which the charge was reserved said to it, beside what stands of that year now."""
    cap = scope.cap
    since = 0 if cap.period is None else cap.period.at(row.reserved_at_us).since_us
    place = row.reserved_at_us, row.operation_id
    earlier = [
        other.charge
        for other in scope.rows
        if other.standing and since <= other.reserved_at_us and (other.reserved_at_us, other.operation_id) < place
    ]
    admitted = tracks(limits_of(cap), spent_by(earlier), loss_of(row.charge))
    return Admission(
        scope.kind, admitted, total_of(earlier, cap.delta_e15), total_of([*earlier, row.charge], cap.delta_e15)
    )
