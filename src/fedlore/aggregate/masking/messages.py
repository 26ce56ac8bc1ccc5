"""The messages of one round of secure aggregation, in the order in which they travel.

After Bonawitz et al. (CCS 2017), figure 4, with the consistency that signatures and a bound roster give; version 1
knows no recovery of dropouts. Every message names its round; what a participant signs also names the plan.

1.  participant -> coordinator: `Advertise`. A key made for this round alone, signed with the participant's identity.
    The coordinator checks round, plan, that the sender is expected, the signature, and that the key is sound and new.
2.  coordinator -> participants: `Roster`, all the `Advertise` messages. Each participant checks every one of them as
    the coordinator did, against its own directory; that its own is there unaltered; and that there are enough.
    (Place of the recovery of dropouts: here a later version sends to each member, encrypted, its shares of the others'
    seeds and keys, and has them signed for. Such a round says another version, so that nobody takes part by halves.)
3.  participant -> coordinator: `Masked`, its vector under one mask for each other member and one of its own, with the
    digest of the roster and a commitment to the seed of its own mask. The participant stores it, and the `Unmask` that
    goes with it, before it sends it. The coordinator checks signature, length and roster, and adds it to one sum.
4.  coordinator -> participants: `UnmaskRequest`, with those whose vectors are in the sum. Each participant checks that
    it is about its round and its roster, and that all of the roster survive: fewer are a `DropoutError`.
    (In a later version: at least a threshold of them, and each member signs the list before anyone reveals a share.)
5.  participant -> coordinator: `Unmask`, the seed of its own mask. The coordinator checks signature, roster and
    commitment, and takes the mask away. When the last is gone, the sum of all contributions is left: the release.

`Abort` ends a round at any time, in either direction. Wire form and refusals: `fedlore.aggregate.masking.wire`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, TypeVar, get_args

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fedlore.aggregate.masking.errors import ProtocolError
from fedlore.aggregate.masking.masks import SECRET_BYTES, check_mask_key
from fedlore.aggregate.masking.secret import Secret
from fedlore.aggregate.masking.vectors import WORD_BYTES, Words, from_bytes
from fedlore.aggregate.masking.wire import (
    SIGNATURE_BYTES,
    VERSION,
    check_bytes,
    check_digest,
    check_name,
    frame,
    split_signature,
    unframe,
    unhex,
)

AbortReason = Literal["dropout", "expired", "malformed", "out of range", "policy", "too few members", "withdrawn"]
_REASONS = get_args(AbortReason)
_SIGNED_PREFIX = f"fedlore masking {VERSION}\0".encode()
_UNSIGNED = bytes(SIGNATURE_BYTES)


@dataclass(frozen=True, slots=True)
class Advertise:
    """A participant's X25519 key for this round (32 bytes), signed with its identity."""

    round_id: str
    plan_digest: str
    participant: str
    mask_key: bytes
    signature: bytes = field(default=_UNSIGNED, repr=False)

    def __post_init__(self) -> None:
        check_name(self.round_id)
        check_digest(self.plan_digest)
        check_name(self.participant)
        check_mask_key(self.mask_key)
        check_bytes(self.signature, SIGNATURE_BYTES, "a signature")

    def payload(self) -> bytes:
        """What the signature covers, without the prefix that says what it is for."""
        fields = {
            "round": self.round_id,
            "plan": self.plan_digest,
            "participant": self.participant,
            "mask_key": self.mask_key.hex(),
        }
        return frame("advertise", fields)

    def to_bytes(self) -> bytes:
        return self.payload() + self.signature

    @staticmethod
    def parse(data: bytes) -> Advertise:
        """Read the canonical form; raises `ProtocolError` for anything else. The signature is not checked here."""
        header, rest = unframe(data, "advertise", frozenset({"round", "plan", "participant", "mask_key"}))
        body, signature = split_signature(rest)
        message = Advertise(
            header["round"], header["plan"], header["participant"], unhex(header["mask_key"]), signature
        )
        return _canonical(message, data, body)


@dataclass(frozen=True)
class Roster:
    """Everybody who takes part: their `Advertise` messages, by participant id, each id and each key once."""

    advertisements: tuple[Advertise, ...]

    def __post_init__(self) -> None:
        if not self.advertisements:
            raise ProtocolError("a roster has no members")
        if len({(one.round_id, one.plan_digest) for one in self.advertisements}) != 1:
            raise ProtocolError("a roster's members are of different rounds or plans")
        if list(self.participants) != sorted(set(self.participants)):
            raise ProtocolError("a roster names a participant twice, or not in order")
        if len({one.mask_key for one in self.advertisements}) != len(self.advertisements):
            raise ProtocolError("a roster holds the same mask key twice")

    @property
    def round_id(self) -> str:
        return self.advertisements[0].round_id

    @property
    def plan_digest(self) -> str:
        return self.advertisements[0].plan_digest

    @property
    def participants(self) -> tuple[str, ...]:
        """The members' ids, in order."""
        return tuple(one.participant for one in self.advertisements)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical form, in hexadecimal: the roster's name in every later message and in every mask."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    def to_bytes(self) -> bytes:
        return frame("roster", {"advertisements": [one.to_bytes().hex() for one in self.advertisements]})

    @staticmethod
    def parse(data: bytes) -> Roster:
        """Read the canonical form; raises `ProtocolError` for anything else. Signatures are not checked here."""
        header, rest = unframe(data, "roster", frozenset({"advertisements"}))
        if not isinstance(header["advertisements"], list):
            raise ProtocolError("a roster is not a list of advertisements")
        message = Roster(tuple(Advertise.parse(unhex(one)) for one in header["advertisements"]))
        return _canonical(message, data, rest)


@dataclass(frozen=True)
class Masked:
    """A participant's vector under its masks (``vector``: little-endian 32-bit words), signed by way of its digest."""

    round_id: str
    plan_digest: str
    participant: str
    roster_digest: str
    seed_commitment: str
    vector: bytes = field(repr=False)
    signature: bytes = field(default=_UNSIGNED, repr=False)

    def __post_init__(self) -> None:
        check_name(self.round_id)
        check_digest(self.plan_digest)
        check_name(self.participant)
        check_digest(self.roster_digest)
        check_digest(self.seed_commitment)
        check_bytes(self.signature, SIGNATURE_BYTES, "a signature")
        if not isinstance(self.vector, bytes) or not self.vector or len(self.vector) % WORD_BYTES:
            raise ProtocolError("a masked vector is not a whole number of words")

    @property
    def words(self) -> Words:
        """The masked vector, read-only."""
        return from_bytes(self.vector)

    @cached_property
    def vector_digest(self) -> str:
        """SHA-256 of the vector's bytes, in hexadecimal."""
        return hashlib.sha256(self.vector).hexdigest()

    def payload(self) -> bytes:
        """What the signature covers; the vector is in it as its digest, which spares hashing it twice."""
        fields = {
            "round": self.round_id,
            "plan": self.plan_digest,
            "participant": self.participant,
            "roster": self.roster_digest,
            "seed_commitment": self.seed_commitment,
            "vector_sha256": self.vector_digest,
        }
        return frame("masked", fields)

    def to_bytes(self) -> bytes:
        return b"".join((self.payload(), self.vector, self.signature))

    @staticmethod
    def parse(data: bytes) -> Masked:
        """Read the canonical form; raises `ProtocolError` for anything else. The signature is not checked here."""
        names = frozenset({"round", "plan", "participant", "roster", "seed_commitment", "vector_sha256"})
        header, rest = unframe(data, "masked", names)
        vector, signature = split_signature(rest)
        message = Masked(
            header["round"],
            header["plan"],
            header["participant"],
            header["roster"],
            header["seed_commitment"],
            vector,
            signature,
        )
        return _canonical(message, data)


@dataclass(frozen=True, slots=True)
class UnmaskRequest:
    """The coordinator asks for the seeds of those whose vectors are in the sum (``survivors``: ids in order)."""

    round_id: str
    roster_digest: str
    survivors: tuple[str, ...]

    def __post_init__(self) -> None:
        check_name(self.round_id)
        check_digest(self.roster_digest)
        for survivor in self.survivors:
            check_name(survivor)
        if not self.survivors or list(self.survivors) != sorted(set(self.survivors)):
            raise ProtocolError("the survivors are none, named twice, or not in order")

    def to_bytes(self) -> bytes:
        fields = {"round": self.round_id, "roster": self.roster_digest, "survivors": list(self.survivors)}
        return frame("unmask request", fields)

    @staticmethod
    def parse(data: bytes) -> UnmaskRequest:
        """Read the canonical form; raises `ProtocolError` for anything else."""
        header, rest = unframe(data, "unmask request", frozenset({"round", "roster", "survivors"}))
        if not isinstance(header["survivors"], list):
            raise ProtocolError("the survivors are not a list")
        message = UnmaskRequest(header["round"], header["roster"], tuple(header["survivors"]))
        return _canonical(message, data, rest)


@dataclass(frozen=True, slots=True)
class Unmask:
    """A participant reveals the seed of its own mask (32 bytes): a secret until a request for it was checked."""

    round_id: str
    participant: str
    roster_digest: str
    seed: Secret
    signature: bytes = field(default=_UNSIGNED, repr=False)

    def __post_init__(self) -> None:
        check_name(self.round_id)
        check_name(self.participant)
        check_digest(self.roster_digest)
        check_bytes(self.seed.reveal(), SECRET_BYTES, "a seed")
        check_bytes(self.signature, SIGNATURE_BYTES, "a signature")

    def payload(self) -> bytes:
        """What the signature covers, without the prefix that says what it is for."""
        fields = {
            "round": self.round_id,
            "participant": self.participant,
            "roster": self.roster_digest,
            "seed": self.seed.reveal().hex(),
        }
        return frame("unmask", fields)

    def to_bytes(self) -> bytes:
        return self.payload() + self.signature

    @staticmethod
    def parse(data: bytes) -> Unmask:
        """Read the canonical form; raises `ProtocolError` for anything else. The signature is not checked here."""
        header, rest = unframe(data, "unmask", frozenset({"round", "participant", "roster", "seed"}))
        body, signature = split_signature(rest)
        seed = Secret(unhex(header["seed"]))
        message = Unmask(header["round"], header["participant"], header["roster"], seed, signature)
        return _canonical(message, data, body)


@dataclass(frozen=True, slots=True)
class Abort:
    """The round is over, for one of a fixed list of reasons."""

    round_id: str
    reason: AbortReason

    def __post_init__(self) -> None:
        check_name(self.round_id)
        if self.reason not in _REASONS:
            raise ProtocolError("a round ends for none but the agreed reasons")

    def to_bytes(self) -> bytes:
        return frame("abort", {"round": self.round_id, "reason": self.reason})

    @staticmethod
    def parse(data: bytes) -> Abort:
        """Read the canonical form; raises `ProtocolError` for anything else."""
        header, rest = unframe(data, "abort", frozenset({"round", "reason"}))
        return _canonical(Abort(header["round"], header["reason"]), data, rest)


Message = Advertise | Roster | Masked | UnmaskRequest | Unmask | Abort
_Message = TypeVar("_Message", Advertise, Roster, Masked, UnmaskRequest, Unmask, Abort)
_Signed = TypeVar("_Signed", Advertise, Masked, Unmask)


def signed(message: _Signed, sign: Callable[[bytes], bytes]) -> _Signed:
    """The same message with its sender's signature."""
    return replace(message, signature=sign(_signed_bytes(message)))


def check_signature(message: Advertise | Masked | Unmask, directory: Mapping[str, Ed25519PublicKey]) -> None:
    """Raises `ProtocolError` unless the key that the directory holds for the sender signed the message."""
    key = directory.get(message.participant)
    if key is None:
        raise ProtocolError("a message is from somebody who is not in the member directory")
    try:
        key.verify(message.signature, _signed_bytes(message))
    except InvalidSignature:
        raise ProtocolError("a message was not signed with its sender's identity key") from None


def _signed_bytes(message: Advertise | Masked | Unmask) -> bytes:
    """The prefix keeps it apart from all else that an identity signs, the header's kind from the other messages."""
    return _SIGNED_PREFIX + message.payload()


def _canonical(message: _Message, data: bytes, left_over: bytes = b"") -> _Message:
    if left_over or message.to_bytes() != data:
        raise ProtocolError("a message is not in canonical form")
    return message
