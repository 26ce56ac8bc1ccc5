"""The coordinator's side of one round: it adds up what it cannot read, and opens the whole sum or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from enum import Enum

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fedlore.aggregate.masking.errors import DropoutError, ProtocolError
from fedlore.aggregate.masking.masks import Scope, Stream, apply_streams, seed_commitment, self_stream
from fedlore.aggregate.masking.messages import Advertise, Masked, Roster, Unmask, UnmaskRequest, check_signature
from fedlore.aggregate.masking.vectors import WORD, add_into, decode


class Phase(Enum):
    """What the coordinator waits for."""

    ADVERTISE = "keys"
    UPLOAD = "masked vectors"
    UNMASK = "seeds"
    ENDED = "nothing: the round has ended unopened"


class MaskingCoordinator:
    """The state of one round, rebuilt after a crash by handing it the stored messages once more in any order per phase.

    It holds one running sum, and of each vector only a digest. ``members`` are the ids that must all take part; to go
    on with fewer before the roster went out, build another coordinator with those who advertised. A message that came
    before, byte for byte, is ignored at any time; whatever else is not expected raises `ProtocolError` and changes
    nothing. What needs all members raises `DropoutError` while some are missing, and may be tried again until `dropout`
    ends the round.
    """

    def __init__(
        self,
        *,
        round_id: str,
        plan_digest: str,
        directory: Mapping[str, Ed25519PublicKey],
        length: int,
        members: Collection[str],
        masked: bool = True,
    ) -> None:
        if not members or not set(members) <= directory.keys():
            raise ProtocolError("the members of a round are some of the member directory")
        self._round_id = round_id
        self._plan_digest = plan_digest
        self._directory = dict(directory)
        self._members = frozenset(members)
        self._masked = masked
        self._phase = Phase.ADVERTISE
        self._advertised: dict[str, Advertise] = {}
        self._roster: Roster | None = None
        self._sum = np.zeros(length, dtype=WORD)
        self._uploaded: dict[str, bytes] = {}
        self._commitments: dict[str, str] = {}
        self._unmasked: dict[str, bytes] = {}

    @property
    def members(self) -> frozenset[str]:
        """The ids of everybody whose contribution the sum will hold."""
        return self._members

    @property
    def phase(self) -> Phase:
        return self._phase

    def missing(self) -> frozenset[str]:
        """The ids that the present phase still waits for; for the coordinator's eyes only."""
        answered = {
            Phase.ADVERTISE: self._advertised.keys(),
            Phase.UPLOAD: self._uploaded.keys(),
            Phase.UNMASK: self._unmasked.keys(),
            Phase.ENDED: self._members,
        }
        return self._members - answered[self._phase]

    def receive_advertise(self, message: Advertise) -> None:
        """Take one member's key for this round."""
        if self._advertised.get(message.participant) == message:
            return
        self._expect(Phase.ADVERTISE, message.participant, self._advertised)
        if (message.round_id, message.plan_digest) != (self._round_id, self._plan_digest):
            raise ProtocolError("a key was advertised for another round or another plan")
        check_signature(message, self._directory)
        if any(other.mask_key == message.mask_key for other in self._advertised.values()):
            raise ProtocolError("a key was advertised that another member advertised before")
        self._advertised[message.participant] = message

    def roster(self) -> Roster:
        """All keys, once every member has advertised; from the first call on no key is taken any more."""
        if self._roster is None:
            self._expect_complete(Phase.ADVERTISE)
            self._roster = Roster(tuple(self._advertised[name] for name in sorted(self._members)))
            self._phase = Phase.UPLOAD
        return self._roster

    def receive_masked(self, message: Masked) -> None:
        """Add one member's masked vector to the sum; of the vector itself nothing is kept."""
        receipt = _receipt(message)
        if self._uploaded.get(message.participant) == receipt:
            return
        self._expect(Phase.UPLOAD, message.participant, self._uploaded)
        roster = self.roster()
        if (message.round_id, message.plan_digest) != (self._round_id, self._plan_digest):
            raise ProtocolError("a vector was masked for another round or another plan")
        if message.roster_digest != roster.digest:
            raise ProtocolError("a vector was masked for another roster")
        if message.words.shape != self._sum.shape:
            raise ProtocolError(f"a masked vector has {message.words.size} slots, this round has {self._sum.size}")
        check_signature(message, self._directory)
        self._uploaded[message.participant] = receipt
        self._commitments[message.participant] = message.seed_commitment
        add_into(self._sum, message.words)

    def unmask_request(self) -> UnmaskRequest:
        """What every member is asked, once every vector is in the sum; from the first call on no vector is taken."""
        if self._phase is not Phase.UNMASK:
            self._expect_complete(Phase.UPLOAD)
            self._phase = Phase.UNMASK
        return UnmaskRequest(self._round_id, self.roster().digest, tuple(sorted(self._members)))

    def receive_unmask(self, message: Unmask) -> None:
        """Take one member's own mask off the sum."""
        receipt = _receipt(message)
        if self._unmasked.get(message.participant) == receipt:
            return
        self._expect(Phase.UNMASK, message.participant, self._unmasked)
        roster = self.roster()
        if (message.round_id, message.roster_digest) != (self._round_id, roster.digest):
            raise ProtocolError("a seed was revealed for another round or another roster")
        check_signature(message, self._directory)
        if seed_commitment(message.seed) != self._commitments[message.participant]:
            raise ProtocolError("a seed was revealed that is not the one its masked vector was committed to")
        self._unmasked[message.participant] = receipt
        if not self._masked:
            return
        mask = self_stream(message.seed, message.participant, Scope(self._round_id, self._plan_digest, roster.digest))
        apply_streams(self._sum, [Stream(mask.key, negative=True)])

    def total(self) -> npt.NDArray[np.int64]:
        """The sum of all members' contributions, shape ``(length,)``, once every seed was revealed."""
        self._expect_complete(Phase.UNMASK)
        return decode(self._sum)

    def dropout(self) -> None:
        """The deadline of the present phase has passed: if anybody is missing the round ends with `DropoutError`."""
        missing = len(self.missing())
        if missing:
            self._phase = Phase.ENDED
            self._sum.fill(0)
            raise DropoutError(missing, len(self._members))

    def _expect(self, phase: Phase, participant: str, answered: Mapping[str, object]) -> None:
        if participant not in self._members:
            raise ProtocolError("a message is from somebody who is not a member of this round")
        if participant in answered:
            raise ProtocolError("a member sent two different messages where it may send one")
        if self._phase is not phase:
            raise ProtocolError(f"a message came out of turn: the coordinator waits for {self._phase.value}")

    def _expect_complete(self, phase: Phase) -> None:
        if self._phase is not phase:
            raise ProtocolError(f"this is out of turn: the coordinator waits for {self._phase.value}")
        missing = len(self.missing())
        if missing:
            raise DropoutError(missing, len(self._members))


def _receipt(message: Masked | Unmask) -> bytes:
    """What tells a repeated message from another one, and tells nothing about a vector or a seed that was hidden."""
    return hashlib.sha256(message.payload() + message.signature).digest()
