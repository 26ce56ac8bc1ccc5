"""A federation in a folder: a coordinator and participants with databases and keys of their own, and given features."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fedlore.catalogue.load import load_catalogue
from fedlore.catalogue.measure import MeasureId
from fedlore.catalogue.presets import least_honest
from fedlore.federation.coordinator import Coordinator
from fedlore.federation.identity import load_identity
from fedlore.federation.participant import Membership, Participant, Tools
from fedlore.federation.policy import Policy, policy_of
from fedlore.federation.terms import Terms
from fedlore.federation.transports.local import LocalLink
from fedlore.observe.evidence import Features
from fedlore.privacy.planner import Planned, plan_round
from fedlore.privacy.questions import Request
from fedlore.store.database import Database

CATALOGUE = load_catalogue()
PRACTICES = (MeasureId("workflow.ci"), MeasureId("code.tests"), MeasureId("workflow.linter"))
OUTCOMES = (MeasureId("success.survival"),)
FEDERATION = "00000000-0000-4000-8000-000000000001"
NOW = 1_760_000_000
TERMS = Terms("test", 8_000_000, 64_000_000, 10**10, 10**11, 3)

Store = Callable[[str], str]  # the URL of a database by the name of its owner


@dataclass(slots=True)
class World:
    """A coordinator and its participants, all on one machine, whose clocks stand still."""

    folder: Path
    coordinator: Coordinator
    participants: dict[str, Participant]
    features: Mapping[str, Sequence[Features]]
    store: Store | None = None

    @property
    def links(self) -> dict[str, LocalLink]:
        return {name: LocalLink(participant) for name, participant in self.participants.items()}

    def database(self, name: str) -> Database:
        return Database(_url(self.folder, name, self.store))


def some_features(members: int, projects: int, seed: int) -> dict[str, list[Features]]:
    """Random projects of ``members`` organisations; survival goes with CI."""
    rng = np.random.default_rng(seed)
    made: dict[str, list[Features]] = {}
    for member in range(members):
        bits = rng.random((projects, len(PRACTICES))) < 0.5
        alive = rng.random(projects) < np.where(bits[:, 0], 0.85, 0.4)
        made[f"org{member}"] = [
            {**dict(zip(PRACTICES, map(bool, row), strict=True)), OUTCOMES[0]: bool(lives)}
            for row, lives in zip(bits, alive, strict=True)
        ]
    return made


def make_world(
    folder: Path,
    features: Mapping[str, Sequence[Features]],
    *,
    terms: Terms = TERMS,
    policy: Policy | None = None,
    store: Store | None = None,
) -> World:
    """Create, or open again, the federation whose keys lie in ``folder``, and its databases there or at ``store``."""
    coordinator = Coordinator(
        database=Database(_url(folder, "coordinator", store)),
        identity=load_identity(folder / "coordinator.key"),
        catalogue=CATALOGUE,
        now=lambda: NOW,
    )
    fresh = not coordinator.federations()
    if fresh:
        coordinator.create(FEDERATION, terms, {})
    participants = {}
    for name, projects in features.items():
        identity = load_identity(folder / f"{name}.key")
        participants[name] = Participant(
            name,
            database=Database(_url(folder, name, store)),
            identity=identity,
            membership=Membership(FEDERATION, coordinator.public_key, policy or policy_of(terms)),
            catalogue=CATALOGUE,
            look=lambda _as_of, projects=projects: projects,  # type: ignore[misc]
            tools=Tools(lambda: NOW, os.urandom),
        )
        if fresh:
            coordinator.admit(FEDERATION, name, identity.public, {})
    return World(folder, coordinator, participants, features, store)


def _url(folder: Path, name: str, store: Store | None) -> str:
    return store(name) if store else f"sqlite:///{folder / name}.sqlite"


def planned(world: World, round_id: str, *, epsilon: float = 4.0, secure: bool = True) -> Planned:
    """A round over the test's practices and outcome."""
    members = len(world.participants)
    request = Request(
        round_id=round_id,
        federation_id=FEDERATION,
        learning_type="pattern_aggregation",
        as_of=NOW,
        epsilon_micro=round(epsilon * 1e6),
        delta_e15=10**9,
        members=members,
        projects=sum(len(projects) for projects in world.features.values()),
        least_honest=least_honest(members) if secure else 1,
        min_cohort=3,
        secure_aggregation=secure,
        measures=(*PRACTICES, *OUTCOMES),
    )
    return plan_round(request, CATALOGUE)
