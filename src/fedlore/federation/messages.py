"""What a coordinator signs: the opening of a round, and its release."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature

from fedlore.catalogue.errors import FedloreError
from fedlore.catalogue.plan import Plan
from fedlore.federation.identity import public_key
from fedlore.govern.audit.entry import Head

_OPENING = b"fedlore opening 1\0"
_RELEASE = b"fedlore release 1\0"


_RELEASE_SCHEMA = "fedlore.release/1"
_RELEASE_KEYS = {"schema", "plan", "plan_digest", "contributors", "sums", "statements", "consensus"}


class ReleaseError(FedloreError):
    """A signed release of a shape that no honest coordinator makes."""


class SignatureError(FedloreError):
    """A document that the coordinator did not sign."""


@dataclass(frozen=True, slots=True)
class Signed:
    """Canonical JSON and the coordinator's Ed25519 signature over it."""

    document: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Opening:
    """The invitation to a round: its plan, the public key of every member in it, the end of the coordinator's log."""

    plan: Plan
    directory: Mapping[str, bytes]
    head: Head

    def signed(self, sign: Callable[[bytes], bytes]) -> Signed:
        table = {
            "plan": json.loads(self.plan.canonical()),
            "directory": {name: key.hex() for name, key in self.directory.items()},
            "head": [self.head.index, self.head.hash],
        }
        document = rfc8785.dumps(table)
        return Signed(document, sign(_OPENING + document))

    @staticmethod
    def verified(message: Signed, coordinator_key: bytes) -> Opening:
        """Check the signature and read the opening; raises `SignatureError` or `PlanError`."""
        table = _verified(_OPENING, message, coordinator_key)
        directory = {name: bytes.fromhex(key) for name, key in table["directory"].items()}
        return Opening(Plan.parse(rfc8785.dumps(table["plan"])), directory, Head(*table["head"]))


@dataclass(frozen=True, slots=True)
class Release:
    """What a round made public: its plan, how many contributed, the noised sums, and the statements made of them."""

    plan: Plan
    contributors: int
    sums: tuple[int, ...]
    statements: tuple[Mapping[str, Any], ...]
    consensus: Mapping[str, Any]

    def signed(self, sign: Callable[[bytes], bytes]) -> Signed:
        table = {
            "schema": _RELEASE_SCHEMA,
            "plan": json.loads(self.plan.canonical()),
            "plan_digest": self.plan.digest,
            "contributors": self.contributors,
            "sums": list(self.sums),
            "statements": [dict(statement) for statement in self.statements],
            "consensus": dict(self.consensus),
        }
        document = rfc8785.dumps(table)
        return Signed(document, sign(_RELEASE + document))

    @staticmethod
    def verified(message: Signed, coordinator_key: bytes) -> Release:
        """Check the signature and read the release; raises `SignatureError` or `PlanError`."""
        _verified(_RELEASE, message, coordinator_key)
        return Release.read(message.document)

    @staticmethod
    def read(document: bytes) -> Release:
        """Read a release whose signature was checked before; raises `ReleaseError` if it is of another shape."""
        try:
            table = json.loads(document)
            plan = Plan.parse(rfc8785.dumps(table["plan"]))
            sums, consensus = table["sums"], table["consensus"]
            sound = (
                set(table) == _RELEASE_KEYS
                and (table["schema"], table["plan_digest"]) == (_RELEASE_SCHEMA, plan.digest)
                and type(table["contributors"]) is int
                and type(sums) is list
                and all(type(value) is int and abs(value) < 2**31 for value in sums)
                and len(sums) == len(plan.slots)
                and all(type(statement) is dict for statement in table["statements"])
                and set(consensus["thresholds"]) == {"consensus", "divergence"}
                and all(type(level) in (int, float) and 0 <= level <= 1 for level in consensus["thresholds"].values())
            )
        except (TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
            raise ReleaseError(f"not a release: {error}") from None
        if not sound:
            raise ReleaseError("a release with a part that no release has")
        return Release(plan, table["contributors"], tuple(sums), tuple(table["statements"]), consensus)


def _verified(purpose: bytes, message: Signed, coordinator_key: bytes) -> dict[str, Any]:
    try:
        public_key(coordinator_key).verify(message.signature, purpose + message.document)
    except InvalidSignature:
        raise SignatureError("this was not signed by the federation's coordinator") from None
    table: dict[str, Any] = json.loads(message.document)
    return table
