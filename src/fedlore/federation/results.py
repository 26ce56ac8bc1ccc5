"""The forms in which the design's facade hands results out: plain dictionaries with the design's keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from fedlore.catalogue.load import Catalogue
from fedlore.federation.machine import Joining
from fedlore.federation.messages import Release
from fedlore.learn.pattern_types import K_BY_DEFAULT, pattern_types
from fedlore.learn.statement import Statement
from fedlore.observe.owner.capacity import DEFAULT

NO_TEMPLATES = (
    "no code templates were asked: max_examples is 0, or the questions beside them leave no room at this price"
)


def aggregated(
    release: Release, catalogue: Catalogue, k: int = K_BY_DEFAULT, max_examples: int | None = None
) -> dict[str, Any]:
    """Global, consensus and divergent patterns and confidence scores of a release, by statement id.

    ``anonymized_examples`` are ``max_examples`` (None: all) of the code templates that enough members hold;
    ``pattern_types`` the measures that at least ``k`` members or a noised number of more than ``k`` projects stand
    behind, with that number.
    """
    said = {statement["id"]: dict(statement) for statement in release.statements}
    return {
        "global_patterns": said,
        "consensus_patterns": _members(release, "consensus"),
        "divergent_patterns": _members(release, "divergence"),
        "confidence_scores": {name: statement["confidence"] for name, statement in said.items()},
        "anonymized_examples": {
            "patterns": dict(islice(examples(said.values(), catalogue).items(), max_examples)),
            "reason": "" if release.plan.templates else NO_TEMPLATES,
        },
        "pattern_types": dict(pattern_types(map(Statement.from_dict, release.statements), k)),
        "secure_aggregation": release.plan.secure_aggregation,
    }


def examples(said: Iterable[Mapping[str, Any]], catalogue: Catalogue) -> dict[str, dict[str, Any]]:
    """The code templates among statements, by id, the most widely held first: code with holes and who holds it.

    ``holders`` is the noised number of members and ``holders_95`` the interval of it; the code is this version's own
    text, found by the template's id.
    """
    shown: dict[str, dict[str, Any]] = {}
    for statement in sorted(said, key=lambda statement: -statement["estimate"]):
        if statement["kind"] == "template":
            template, cohort = catalogue.template(statement["id"]), statement["cohort"]
            shown[template.id] = {
                "language": template.language,
                "rule": template.rule,
                "measure": template.measure,
                "code": template.code,
                "holders": statement["estimate"] * cohort,
                "holders_95": [statement["low"] * cohort, statement["high"] * cohort],
                "members": cohort,
            }
    return shown


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
