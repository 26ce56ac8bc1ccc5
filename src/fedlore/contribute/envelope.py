"""The form in which a masked contribution is shown: its kind, the masked integers, measure ids without values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from fedlore.catalogue.plan import Plan
from fedlore.contribute.clip import asked


@dataclass(frozen=True, slots=True)
class Envelope:
    """One participant's masked contribution; without every other member's vector its integers say nothing."""

    participant_id: str
    contribution_type: str
    privacy_preserved_data: tuple[int, ...]
    local_patterns: dict[str, Any]
    aggregation_metadata: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "privacy_preserved_data": list(self.privacy_preserved_data)}


def envelope(plan: Plan, participant: str, roster_digest: str, vector: Iterable[int]) -> Envelope:
    """Wrap a masked vector of ``len(plan.slots)`` unsigned 32-bit integers."""
    return Envelope(
        participant,
        plan.learning_type,
        tuple(int(word) for word in vector),
        {"measures": list(asked(plan)), "pairs": [list(pair) for pair in plan.pairs]},
        {
            "round_id": plan.round_id,
            "plan_digest": plan.digest,
            "roster_digest": roster_digest,
            "slots": len(plan.slots),
            "masked": plan.secure_aggregation,
        },
    )
