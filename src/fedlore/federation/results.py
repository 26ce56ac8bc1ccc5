"""The forms in which the design's facade hands results out: plain dictionaries with the design's keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fedlore.federation.machine import Joining
from fedlore.federation.messages import Release
from fedlore.observe.owner.capacity import DEFAULT


def aggregated(release: Release) -> dict[str, Any]:
    """Global, consensus and divergent patterns and confidence scores of a release, by statement id."""
    said = {statement["id"]: dict(statement) for statement in release.statements}
    return {
        "global_patterns": said,
        "consensus_patterns": _members(release, "consensus"),
        "divergent_patterns": _members(release, "divergence"),
        "confidence_scores": {name: statement["confidence"] for name, statement in said.items()},
        "secure_aggregation": release.plan.secure_aggregation,
    }


def _members(release: Release, key: str) -> dict[str, Any]:
    return {"patterns": dict(release.consensus[key]), "reason": release.consensus["reason"]}


def participant(participant_id: str, config: Mapping[str, Any], joining: Joining) -> dict[str, Any]:
    """A participant as it is shown to the federation: bands of its data, its terms, and its key's fingerprint.

    Beside these stands ``left_out`` for its owner: a sentence on what its contribution capacity leaves out.
    """
    return {
        "id": participant_id,
        "organization": config.get("organization"),
        "data_characteristics": joining.bands.as_dict(),
        **stated(config),
        "encryption_key": joining.fingerprint,
        "eligible": {"is_eligible": not joining.reasons, "reasons": list(joining.reasons)},
        "left_out": joining.left_out,
    }


def stated(config: Mapping[str, Any]) -> dict[str, Any]:
    """What a participant states of itself when it joins."""
    return {
        "privacy_requirements": dict(config.get("privacy_requirements", {})),
        "contribution_capacity": config.get("contribution_capacity", DEFAULT),
        "learning_interests": list(config.get("learning_interests", [])),
        "trust_level": config.get("trust_level", "standard"),
    }
