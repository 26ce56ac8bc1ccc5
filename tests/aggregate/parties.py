"""A whole round in memory: honest participants with keys from a fixed seed, a coordinator, and the messages between."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fedlore.aggregate.masking.coordinator import MaskingCoordinator
from fedlore.aggregate.masking.messages import Masked, Roster, Unmask
from fedlore.aggregate.masking.participant import MaskingParticipant, check_unmask_request

ROUND = "round-1"
PLAN = hashlib.sha256(b"the plan").hexdigest()


def reproducible(seed: object) -> Callable[[int], bytes]:
    """Bytes that a test may rely on; the product takes its own from the operating system."""
    return random.Random(str(seed)).randbytes


@dataclass
class Federation:
    """So many members with identity keys, who can hold any number of rounds."""

    size: int
    length: int
    seed: object = 0
    min_cohort: int = 2
    identities: dict[str, Ed25519PrivateKey] = field(init=False)

    def __post_init__(self) -> None:
        randomness = reproducible(f"identities {self.seed}")
        self.identities = {
            f"member-{index}": Ed25519PrivateKey.from_private_bytes(randomness(32)) for index in range(self.size)
        }

    @property
    def names(self) -> list[str]:
        return list(self.identities)

    @property
    def directory(self) -> dict:
        return {name: identity.public_key() for name, identity in self.identities.items()}

    def participant(self, name: str, **changes: object) -> MaskingParticipant:
        arguments = {
            "round_id": ROUND,
            "plan_digest": PLAN,
            "participant_id": name,
            "sign": self.identities[name].sign,
            "directory": self.directory,
            "length": self.length,
            "min_cohort": self.min_cohort,
            "randomness": reproducible(f"{name} {self.seed} {changes.get('round_id')}"),
        }
        return MaskingParticipant(**{**arguments, **changes})

    def participants(self, **changes: object) -> dict[str, MaskingParticipant]:
        return {name: self.participant(name, **changes) for name in self.names}

    def coordinator(self, **changes: object) -> MaskingCoordinator:
        arguments = {
            "round_id": ROUND,
            "plan_digest": PLAN,
            "directory": self.directory,
            "length": self.length,
            "members": self.names,
        }
        return MaskingCoordinator(**{**arguments, **changes})

    def roster(self, **changes: object) -> Roster:
        participants = self.participants(**changes)
        return Roster(tuple(participants[name].advertise() for name in sorted(participants)))

    def one_hot(self, name: str) -> npt.NDArray[np.int64]:
        """1 in the slot of this member, so that a sum names whoever is in it and how often."""
        return np.eye(self.size, self.length, dtype=np.int64)[self.names.index(name)]

    def up_to_upload(self) -> tuple[MaskingCoordinator, Roster, dict[str, Masked], dict[str, Unmask]]:
        """A coordinator that waits for vectors, the roster, and every member's answer to it (one-hot contributions)."""
        coordinator = self.coordinator()
        participants = self.participants()
        for participant in participants.values():
            coordinator.receive_advertise(participant.advertise())
        roster = coordinator.roster()
        answers = {name: party.mask(roster, self.one_hot(name)) for name, party in participants.items()}
        masked = {name: answer[0] for name, answer in answers.items()}
        return coordinator, roster, masked, {name: answer[1] for name, answer in answers.items()}


def run_round(federation: Federation, contributions: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    """The sum that comes out if everybody is honest; every message goes through its wire form."""
    coordinator = federation.coordinator()
    participants = federation.participants()
    for participant in participants.values():
        advertise = participant.advertise()
        coordinator.receive_advertise(type(advertise).parse(advertise.to_bytes()))
    roster = Roster.parse(coordinator.roster().to_bytes())
    unmasks = []
    for participant, contribution in zip(participants.values(), contributions, strict=True):
        masked, unmask = participant.mask(roster, contribution)
        coordinator.receive_masked(Masked.parse(masked.to_bytes()))
        unmasks.append(unmask)
    request = coordinator.unmask_request()
    check_unmask_request(type(request).parse(request.to_bytes()), roster)
    for unmask in unmasks:
        coordinator.receive_unmask(Unmask.parse(unmask.to_bytes()))
    return coordinator.total()
