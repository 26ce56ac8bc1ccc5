"""A participant's side of one round: it advertises a key, masks one vector once, and checks who wants to see what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy.typing as npt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from fedlore.aggregate.masking.errors import DropoutError, ProtocolError
from fedlore.aggregate.masking.masks import (
    SECRET_BYTES,
    Scope,
    apply_streams,
    pairwise_stream,
    seed_commitment,
    self_stream,
)
from fedlore.aggregate.masking.messages import (
    Advertise,
    Masked,
    Roster,
    Unmask,
    UnmaskRequest,
    check_signature,
    signed,
)
from fedlore.aggregate.masking.secret import Secret
from fedlore.aggregate.masking.vectors import encode


class MaskingParticipant:
    """The state of one participant in one round; it does no input or output, and its keys mask exactly one vector.

    ``randomness`` is called twice for 32 bytes, at construction: first the mask key, then the seed of the self mask.
    ``directory`` holds the identity keys of every member that this participant would take part with, itself included;
    ``min_cohort`` is its own policy, whatever the coordinator says. ``length`` is the number of slots of the plan.
    ``masked`` is False only where the participant's policy lets its noised vector be read: then no mask is put on it.
    """

    def __init__(
        self,
        *,
        round_id: str,
        plan_digest: str,
        participant_id: str,
        sign: Callable[[bytes], bytes],
        directory: Mapping[str, Ed25519PublicKey],
        length: int,
        min_cohort: int,
        randomness: Callable[[int], bytes],
        masked: bool = True,
    ) -> None:
        if min_cohort < 2:
            raise ProtocolError("a cohort of one would show its contribution: the minimum cohort is at least 2")
        if length < 1:
            raise ProtocolError("a round adds up at least one slot")
        self._participant_id = participant_id
        self._sign = sign
        self._directory = dict(directory)
        self._length = length
        self._min_cohort = min_cohort
        self._masked = masked
        self._mask_key: X25519PrivateKey | None = X25519PrivateKey.from_private_bytes(randomness(SECRET_BYTES))
        self._seed = Secret(randomness(SECRET_BYTES))
        public = self._mask_key.public_key().public_bytes_raw()
        self._advertise = signed(Advertise(round_id, plan_digest, participant_id, public), sign)
        check_signature(self._advertise, self._directory)

    def advertise(self) -> Advertise:
        """The message that joins the round; the same one at every call."""
        return self._advertise

    def mask(self, roster: Roster, contribution: npt.NDArray[Any]) -> tuple[Masked, Unmask]:
        """Mask a contribution (noise already in it), shape ``(length,)``, int64, for exactly this roster.

        Store both messages before the first of them leaves; the second leaves only after `check_unmask_request`. Raises
        `ProtocolError` for a roster that may not be trusted, or if this key has masked before (then send what was
        stored: under the same masks, two vectors would show their difference); `ContributionError` for a vector that
        cannot be added up exactly (see `vectors.encode`). After either, nothing was masked.
        """
        if self._mask_key is None:
            raise ProtocolError("this round's key has masked a vector already, and never masks a second")
        self._check_roster(roster)
        vector = encode(contribution, length=self._length, addends=len(roster.advertisements))
        own = self._advertise
        scope = Scope(own.round_id, own.plan_digest, roster.digest)
        others = [one for one in roster.advertisements if one.participant != self._participant_id]
        streams = [
            pairwise_stream(self._mask_key, self._participant_id, other.participant, other.mask_key, scope)
            for other in others
        ]
        seed, self._mask_key = self._seed, None
        if self._masked:
            apply_streams(vector, [*streams, self_stream(seed, self._participant_id, scope)])
        masked = Masked(
            own.round_id,
            own.plan_digest,
            self._participant_id,
            roster.digest,
            seed_commitment(seed),
            vector.tobytes(),
        )
        unmask = Unmask(own.round_id, self._participant_id, roster.digest, seed)
        return signed(masked, self._sign), signed(unmask, self._sign)

    def _check_roster(self, roster: Roster) -> None:
        if (roster.round_id, roster.plan_digest) != (self._advertise.round_id, self._advertise.plan_digest):
            raise ProtocolError("the roster is of another round or another plan")
        cohort = len(roster.advertisements)
        if cohort < self._min_cohort:
            raise ProtocolError(
                f"the roster has {cohort} members, this participant's minimum cohort is {self._min_cohort}"
            )
        if self._advertise not in roster.advertisements:
            raise ProtocolError("this participant is not in the roster with the key that it advertised")
        for one in roster.advertisements:
            check_signature(one, self._directory)
        identities = {self._directory[name].public_bytes_raw() for name in roster.participants}
        if len(identities) != cohort:
            raise ProtocolError("two members of the roster share one identity key, so they count as one")


def check_unmask_request(request: UnmaskRequest, roster: Roster) -> None:
    """Whether the seed of one's own mask may be revealed: only to open the very sum that the roster stands for.

    ``roster`` is the one that the stored vector was masked for. Raises `ProtocolError` for another round or roster and
    for strangers among the survivors, `DropoutError` if members of the roster are missing.
    """
    if (request.round_id, request.roster_digest) != (roster.round_id, roster.digest):
        raise ProtocolError("the request to unmask is about another round or another roster")
    strangers = set(request.survivors) - set(roster.participants)
    if strangers:
        raise ProtocolError("the request to unmask names survivors who are not in the roster")
    missing = len(roster.advertisements) - len(request.survivors)
    if missing:
        raise DropoutError(missing, len(roster.advertisements))
