"""FederatedLearningEngine: the design's facade over one federation whose participants are all on this machine."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fedlore.catalogue.errors import FedloreError
from fedlore.catalogue.load import domains_of
from fedlore.catalogue.plan import MOST_TEMPLATES_EACH, Plan, unit_named
from fedlore.contribute.envelope import envelope
from fedlore.federation.coordinator import Coordinator, RoundError
from fedlore.federation.guarantees import guarantees, objectives, price_of, schedule
from fedlore.federation.home import Home
from fedlore.federation.machine import Machine
from fedlore.federation.messages import Release
from fedlore.federation.policy import Policy
from fedlore.federation.results import aggregated, stated
from fedlore.federation.results import participant as shown
from fedlore.federation.running import Ask, Rounds
from fedlore.federation.terms import Terms
from fedlore.learn.aggregator import PatternAggregator
from fedlore.learn.pattern_types import K_BY_DEFAULT
from fedlore.learn.statement import Statement
from fedlore.learn.words import sentence
from fedlore.observe.owner.capacity import CAPACITIES, DEFAULT
from fedlore.privacy.dictionary import derived_sensitivity, noise_dictionary, price
from fedlore.privacy.ledger import delta_e15, epsilon_micro
from fedlore.privacy.questions import MIN_HOLDERS
from fedlore.tracker import PrivacyBudgetTracker

DEFAULTS: dict[str, Any] = {
    "epsilon": 1.0,
    "delta": 1e-5,
    "noise_multiplier": 1.1,
    "max_grad_norm": 1.0,
    "secure_aggregation": True,
}
PRIVACY_OPTIONS = (*DEFAULTS, "min_cohort")
PARTICIPANT_OPTIONS = (
    "organization",
    "repositories",
    "privacy_requirements",
    "contribution_capacity",
    "learning_interests",
    "trust_level",
)
REQUIREMENT_OPTIONS = (
    "epsilon",
    "delta",
    "total_epsilon",
    "total_delta",
    "project_epsilon",
    "project_delta",
    "min_cohort",
    "secure_aggregation",
)
ROUND_OPTIONS = (
    "learning_type",
    "measures",
    "round_id",
    "epsilon",
    "delta",
    "use_secure_aggregation",
    "privacy_unit",
    "most_projects_each",
    "force",
    "consensus_threshold",
    "divergence_threshold",
    "k_anonymity",
    "max_examples",
    "min_holders",
)
_MODEL_OPTIONS = ("noise_multiplier", "max_grad_norm")
_ROUNDS_BY_DEFAULT = 4


class EngineError(FedloreError):
    """A configuration that this engine does not follow, said in one sentence."""


class FederatedLearningEngine:
    """One federation and its participants.

    ``privacy_config``: ``epsilon`` and ``delta`` are the total of this federation for a year (a round spends what its
    own config states, a quarter of the total by default), ``secure_aggregation`` whether vectors are masked,
    ``min_cohort`` the least number of members in a round (default 5). State is kept under ``home`` (default:
    ``FEDLORE_HOME``).
    """

    def __init__(
        self, privacy_config: Mapping[str, Any] | None = None, *, home: Path | None = None, jobs: int | None = None
    ) -> None:
        _only(privacy_config or {}, PRIVACY_OPTIONS, "privacy_config")
        self.privacy_config: dict[str, Any] = {**DEFAULTS, **(privacy_config or {})}
        for name in _MODEL_OPTIONS:
            if self.privacy_config[name] != DEFAULTS[name]:
                raise EngineError(
                    f"{name} belongs to federated averaging, which this version does not do: leave it out"
                )
        cohort = self.privacy_config.get("min_cohort", 5)
        if type(cohort) is not int or cohort < 2 or not isinstance(self.privacy_config["secure_aggregation"], bool):
            raise EngineError("min_cohort is a whole number of at least 2, secure_aggregation True or False")
        self.federation_participants: dict[str, dict[str, Any]] = {}
        self.learning_models: dict[str, Any] = {}
        self.pattern_aggregator = PatternAggregator()
        self._machine = Machine(Home(home) if home else Home.default(), jobs=jobs)
        self.federation_id = self._machine.create(self._terms(), [])
        self.privacy_budget = PrivacyBudgetTracker(
            self.privacy_config["epsilon"],
            self.privacy_config["delta"],
            url=self._machine.home.coordinator_url,
            scope=self.federation_id,
            adaptive=True,
        )
        self._rounds = Rounds(self._machine)
        self._turn = asyncio.Lock()

    @property
    def aggregation_server(self) -> Coordinator:
        """The coordinator: it sees masked vectors and sums only."""
        return self._machine.coordinator

    async def initialize_federation(self, participant_configs: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        """Register the participants; what may be learned, what is guaranteed and how many rounds can be paid."""
        participants = {
            name: await self.register_participant(name, config) for name, config in participant_configs.items()
        }
        members = len(self.federation_participants)
        ask = self._ask({"learning_type": "pattern_aggregation"})
        return {
            "federation_id": self.federation_id,
            "participants": participants,
            "learning_objectives": await asyncio.to_thread(objectives, self._rounds, self.federation_id, ask),
            "privacy_guarantees": guarantees(self._terms(), ask, members),
            "aggregation_schedule": schedule(self._terms(), ask),
        }

    async def register_participant(self, participant_id: str, config: Mapping[str, Any]) -> dict[str, Any]:
        """Let one organisation join; an ineligible one is returned with its reasons and not added.

        ``config``: ``organization``, ``repositories`` (paths), ``privacy_requirements`` (``epsilon`` and ``delta`` cap
        a round, ``total_epsilon`` and ``total_delta`` a year in all federations, ``project_epsilon`` and
        ``project_delta`` (both) what one project is part of in a year; ``min_cohort``; ``secure_aggregation`` False
        allows adding without masks), ``contribution_capacity`` (small, medium or large: how many repositories are read
        for a round, and for how long; ``left_out`` says what it leaves out), ``learning_interests``, ``trust_level``.
        """
        _only(config, PARTICIPANT_OPTIONS, f"the configuration of {participant_id}")
        _only(config.get("privacy_requirements", {}), REQUIREMENT_OPTIONS, f"privacy_requirements of {participant_id}")
        paths = [Path(path) for path in config.get("repositories", [])]
        policy = self._policy(config)
        joining = await asyncio.to_thread(
            self._machine.join, self.federation_id, participant_id, paths, policy=policy, stated=stated(config)
        )
        participant = shown(participant_id, config, joining)
        if not joining.reasons:
            self.federation_participants[participant_id] = participant
        return participant

    async def federated_pattern_learning(self, learning_round_config: Mapping[str, Any]) -> dict[str, Any]:
        """Run one round: contributions under masks, their noised sum, what it says, and its delivery to everybody.

        ``learning_type`` is a domain, a group or a short word, ``measures`` the ids of those that alone are asked (left
        out: all of the learning type); ``epsilon`` and ``delta`` what the round spends;
        ``privacy_unit`` is what the noise protects (project by default; record; contributor or organisation, for which
        ``most_projects_each`` limits the projects of a member), ``force`` asks even where nothing can be said.
        ``max_examples`` is the most code templates that a project may name and that are shown (0 by default: none),
        ``min_holders`` how many members must hold one that ``anonymized_examples`` shows (3 by default).
        ``k_anonymity`` (5 by default) is how many members or projects must stand behind one of the ``pattern_types``.
        ``round_id`` of a released round returns the stored result without any charge (what else the configuration says
        must be what was asked then).
        """
        async with self._turn:
            stored = await asyncio.to_thread(self._stored, learning_round_config)
            if stored is not None:
                return stored
            round_id, *names = await asyncio.to_thread(self._begin, learning_round_config)
            config = {**learning_round_config, "round_id": round_id}
            contributions = [await self.collect_participant_contribution(name, config) for name in names]
            await self.secure_pattern_aggregation(contributions, config)
            return await asyncio.to_thread(self._result, round_id)

    async def collect_participant_contribution(
        self, participant_id: str, learning_config: Mapping[str, Any]
    ) -> dict[str, Any]:
        """One participant's masked contribution to the round ``round_id``, paid for in its own ledger first.

        Without ``round_id`` a round is opened, and its id is in ``aggregation_metadata``.
        """
        round_id = learning_config.get("round_id")
        if round_id is None:
            round_id, *_ = await asyncio.to_thread(self._begin, learning_config)
        await asyncio.to_thread(self._rounds.contribute, self.federation_id, round_id, participant_id)
        return self._envelopes(round_id)[participant_id]

    async def secure_pattern_aggregation(
        self, participant_contributions: Sequence[Mapping[str, Any]], learning_config: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Open the sum of a round's contributions and say what it says.

        The sum is opened only if all of the round's members contributed; no single contribution can be.
        """
        k = _least(learning_config)
        named = {contribution["aggregation_metadata"]["round_id"] for contribution in participant_contributions}
        if len(named) != 1 or learning_config.get("round_id") not in named | {None}:
            raise EngineError("these contributions are not of one round")
        (round_id,) = named
        given = {contribution["participant_id"]: dict(contribution) for contribution in participant_contributions}
        if given != self._envelopes(round_id):
            raise EngineError("these are not the contributions that the coordinator received for this round")
        await asyncio.to_thread(self._rounds.finish, self.federation_id, round_id)
        release = await asyncio.to_thread(self._release, round_id)
        return aggregated(release, self._machine.catalogue, k, learning_config.get("max_examples"))

    async def apply_differential_privacy(
        self, patterns: Mapping[str, Any], privacy_requirements: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The design's dictionary of counts, noised and charged once; its sensitivity is derived from its shape."""
        derived = derived_sensitivity(patterns)
        _only(privacy_requirements, ("epsilon", "delta", "sensitivity"), "privacy_requirements")
        if "sensitivity" in privacy_requirements:
            raise EngineError(f"sensitivity is not chosen, it follows from the data's shape: here {derived}")
        epsilon = privacy_requirements.get("epsilon", self.privacy_config["epsilon"])
        operation = f"dictionary-{os.urandom(16).hex()}"
        delta = price(patterns, epsilon).delta_spent_e15 / 1e15
        grant = await self.privacy_budget.allocate_budget(operation, epsilon, delta)
        if not grant["allocation_successful"]:
            raise EngineError(f"the privacy budget does not allow this: epsilon {grant['remaining_epsilon']:g} is left")
        await self.privacy_budget.consume_budget(operation, epsilon, delta)
        return noise_dictionary(patterns, epsilon, os.urandom)

    def _terms(self) -> Terms:
        config = self.privacy_config
        return Terms(
            level="own",
            epsilon_round_micro=epsilon_micro(config["epsilon"]),
            epsilon_total_micro=epsilon_micro(config["epsilon"]),
            delta_round_e15=delta_e15(config["delta"]),
            delta_total_e15=delta_e15(config["delta"]),
            min_cohort=int(config.get("min_cohort", 5)),
        )

    def _policy(self, config: Mapping[str, Any]) -> Policy:
        asks = config.get("privacy_requirements", {})
        if ("project_epsilon" in asks) != ("project_delta" in asks):
            raise EngineError("a project's budget has an epsilon and a delta: project_epsilon and project_delta")
        capacity = config.get("contribution_capacity", DEFAULT)
        if not isinstance(capacity, str) or capacity not in CAPACITIES:
            raise EngineError(f"contribution_capacity is one of {', '.join(CAPACITIES)}")
        for name in config.get("learning_interests", ()):
            if name not in self._machine.catalogue.measures:
                domains_of(name)
        return Policy(
            epsilon_round_micro=epsilon_micro(asks["epsilon"]) if "epsilon" in asks else None,
            delta_round_e15=delta_e15(asks["delta"]) if "delta" in asks else None,
            federation_epsilon_micro=epsilon_micro(self.privacy_config["epsilon"]),
            federation_delta_e15=delta_e15(self.privacy_config["delta"]),
            epsilon_total_micro=epsilon_micro(asks["total_epsilon"]) if "total_epsilon" in asks else None,
            delta_total_e15=delta_e15(asks["total_delta"]) if "total_delta" in asks else None,
            project_epsilon_micro=epsilon_micro(asks["project_epsilon"]) if "project_epsilon" in asks else None,
            project_delta_e15=delta_e15(asks["project_delta"]) if "project_delta" in asks else None,
            min_cohort=int(asks.get("min_cohort", self._terms().min_cohort)),
            allow_clear=asks.get("secure_aggregation") is False,
            interests=tuple(config.get("learning_interests", ())),
            contribution_capacity=capacity,
        )

    def _ask(self, config: Mapping[str, Any]) -> Ask:
        _only(config, ROUND_OPTIONS, "the configuration of a round")
        if "learning_type" not in config:
            raise EngineError("the configuration of a round names its learning_type")
        if not isinstance(config.get("use_secure_aggregation", True), bool):
            raise EngineError("use_secure_aggregation is True or False")
        for name in ("consensus_threshold", "divergence_threshold"):
            value = config.get(name, 0.5)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
                raise EngineError(f"{name} is a number from 0 to 1")
        measures = config.get("measures", [])
        if not isinstance(measures, list) or not all(isinstance(name, str) for name in measures):
            raise EngineError("measures is a list of ids: what is asked of the learning_type, or nothing for all of it")
        if not isinstance(config.get("force", False), bool):
            raise EngineError("force is True or False")
        unit, limit = unit_named(config.get("privacy_unit", "project")), config.get("most_projects_each", 0)
        if type(limit) is not int or limit < 0 or (limit and unit == "project"):
            raise EngineError("most_projects_each is a whole number, for a privacy_unit other than the project")
        _least(config)
        most, holders = config.get("max_examples", 0), config.get("min_holders", MIN_HOLDERS)
        if type(most) is not int or not 0 <= most <= MOST_TEMPLATES_EACH or type(holders) is not int or holders < 2:
            raise EngineError(
                f"max_examples is a whole number up to {MOST_TEMPLATES_EACH}, min_holders one of at least 2"
            )
        masked = bool(config.get("use_secure_aggregation", True)) and bool(self.privacy_config["secure_aggregation"])
        told = {key: value for key, value in config.items() if key != "round_id"}
        return Ask(
            learning_type=config["learning_type"],
            epsilon=config.get("epsilon", self.privacy_config["epsilon"] / _ROUNDS_BY_DEFAULT),
            delta=config.get("delta", self.privacy_config["delta"] / _ROUNDS_BY_DEFAULT),
            round_id=config.get("round_id"),
            measures=tuple(measures),
            secure_aggregation=masked,
            unit=unit,
            most_projects_each=limit,
            force=config.get("force", False),
            max_examples=most,
            min_holders=holders,
            config=told,
        )

    def _begin(self, config: Mapping[str, Any]) -> list[str]:
        """Plan and open a round; its id, then the members in it."""
        return self._rounds.begin(self.federation_id, self._ask(config))

    def _stored(self, config: Mapping[str, Any]) -> dict[str, Any] | None:
        round_id = config.get("round_id")
        row = None if round_id is None else self.aggregation_server.find(round_id)
        if row is None:
            return None
        if row.federation_id != self.federation_id:
            raise EngineError(f"round {round_id} is not of this federation")
        asked = {key: value for key, value in config.items() if key != "round_id"}
        if any(row.config.get(key) != value for key, value in json.loads(json.dumps(asked)).items()):
            raise EngineError(f"round {round_id} was asked something else before; leave the id out to ask anew")
        if row.state == "unmasking":
            self._rounds.settle(self.federation_id)
        return self._result(row.round_id)

    def _release(self, round_id: str) -> Release:
        signed = self.aggregation_server.release(round_id)
        return Release.verified(signed, self.aggregation_server.public_key)

    def _result(self, round_id: str) -> dict[str, Any]:
        """The result of a released round, built from what is stored, so that it is the same whenever it is asked."""
        row = self.aggregation_server.find(round_id)
        if row is None:
            raise RoundError(f"no round has the id {round_id}")
        release = self._release(round_id)
        said = [Statement.from_dict(statement) for statement in release.statements]
        return {
            "round_id": round_id,
            "config": dict(row.config),
            "participant_contributions": self._envelopes(round_id),
            "aggregated_patterns": aggregated(
                release, self._machine.catalogue, _least(row.config), row.config.get("max_examples")
            ),
            "privacy_metrics": price_of(self.aggregation_server, release.plan),
            "learning_outcomes": {
                "statements": [sentence(statement, self._machine.catalogue) for statement in said],
                "delivered_to": release.contributors,
            },
        }

    def _envelopes(self, round_id: str) -> dict[str, dict[str, Any]]:
        row = self.aggregation_server.find(round_id)
        if row is None:
            raise RoundError(f"no round has the id {round_id}")
        plan = Plan.parse(row.plan)
        found = self.aggregation_server.masked_messages(round_id)
        return {
            name: envelope(plan, name, masked.roster_digest, masked.vector).as_dict() for name, masked in found.items()
        }


def _least(config: Mapping[str, Any]) -> int:
    k = config.get("k_anonymity", K_BY_DEFAULT)
    if type(k) is not int or k < 2:
        raise EngineError("k_anonymity is a whole number of at least 2")
    return k


def _only(config: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    """Refuse an option that would be ignored: a misspelt one must not take protection away."""
    unknown = sorted(set(config) - set(known))
    if unknown:
        raise EngineError(f"{where} has no option {', '.join(unknown)}; known: {', '.join(known)}")
