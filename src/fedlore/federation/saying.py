"""From released sums to a release's statements: the coordinator makes them, and every participant makes them anew."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import rfc8785

from fedlore.catalogue.load import Catalogue
from fedlore.catalogue.plan import Plan
from fedlore.federation.messages import Release
from fedlore.learn.consensus import agreement
from fedlore.learn.say import statements
from fedlore.learn.sums import Sums

CONSENSUS, DIVERGENCE = 0.7, 0.5


def make_release(
    plan: Plan, catalogue: Catalogue, sums: Sequence[int], contributors: int, thresholds: Mapping[str, float]
) -> Release:
    """The release of these sums (lattice points, one for each slot); ``thresholds`` as `thresholds_of` gives them."""
    released = Sums.from_release(plan, np.array(sums, dtype=np.int64), contributors)
    agreed = agreement(released, thresholds["consensus"], thresholds["divergence"])
    said = tuple(statement.as_dict() for statement in statements(released, catalogue))
    return Release(plan, contributors, tuple(sums), said, {**asdict(agreed), "thresholds": dict(thresholds)})


def thresholds_of(config: Mapping[str, Any]) -> dict[str, float]:
    """From which shares on a round speaks of consensus and divergence, with the defaults of the design."""
    return {
        "consensus": float(config.get("consensus_threshold", CONSENSUS)),
        "divergence": float(config.get("divergence_threshold", DIVERGENCE)),
    }


def says_what_its_sums_say(release: Release, catalogue: Catalogue) -> bool:
    """Whether a release is the one that its own sums make."""
    made = make_release(
        release.plan, catalogue, release.sums, release.contributors, release.consensus.get("thresholds", {})
    )
    return _canonical(made) == _canonical(release)


def _canonical(release: Release) -> bytes:
    return rfc8785.dumps(json.loads(json.dumps([list(release.statements), dict(release.consensus)])))
