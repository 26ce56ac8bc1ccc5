"""Masking one vector beside what it is made of: AES-128-CTR of OpenSSL over the same bytes, and one addition each."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bench.row import Row, at_most
from fedlore.aggregate.masking.masks import Scope, apply_streams, pairwise_stream, self_stream
from fedlore.aggregate.masking.messages import Masked, Roster
from fedlore.aggregate.masking.participant import MaskingParticipant
from fedlore.aggregate.masking.secret import Secret

WORDS = 1_000_000
NEIGHBOURS = 20
REPEATS = 15
DIGEST = "00" * 32


def run() -> list[Row]:
    """Median seconds of alternating repeats; the participant's whole step also checks the roster, encodes and signs."""
    key, own_key = X25519PrivateKey.generate(), os.urandom(32)
    others = [X25519PrivateKey.generate().public_key().public_bytes_raw() for _ in range(NEIGHBOURS)]
    vector = np.random.default_rng(1).integers(0, 2**32, size=WORDS, dtype=np.uint32)
    zeros, buffer = bytes(vector.nbytes), np.zeros_like(vector)
    step = _whole_step()
    masks, whole, peer = _alternating(
        lambda: _mask(vector.copy(), key, others, Secret(own_key)),
        step,
        lambda: _peer(vector.copy(), zeros, buffer),
    )
    return [
        at_most(f"masking: {WORDS:,} words, {NEIGHBOURS} neighbours, keys agreed", masks, peer, 1.5),
        at_most("masking: the same with roster checked, vector encoded and signed", whole, peer, 2.0),
    ]


def _mask(vector: npt.NDArray[np.uint32], key: X25519PrivateKey, others: list[bytes], seed: Secret) -> None:
    scope = Scope("round", DIGEST, DIGEST)
    names = [f"member-{index:02}" for index in range(NEIGHBOURS)]
    streams = [
        pairwise_stream(key, "member-10-own", name, public, scope) for name, public in zip(names, others, strict=True)
    ]
    apply_streams(vector, [*streams, self_stream(seed, "member-10-own", scope)])


def _peer(vector: npt.NDArray[np.uint32], zeros: bytes, buffer: npt.NDArray[np.uint32]) -> None:
    """The plain way: one stream as long as the vector for each neighbour, into one buffer, then added."""
    for _ in range(NEIGHBOURS):
        cipher = Cipher(algorithms.AES(os.urandom(16)), modes.CTR(bytes(16))).encryptor()
        cipher.update_into(zeros, buffer.data.cast("B"))
        np.add(vector, buffer, out=vector)


def _whole_step() -> Callable[[], Masked]:
    """A function that masks with another participant of one roster at every call, since each masks only once."""
    identities = {f"member-{index:02}": Ed25519PrivateKey.generate() for index in range(NEIGHBOURS + 1)}
    directory = {name: identity.public_key() for name, identity in identities.items()}
    participants = [
        MaskingParticipant(
            round_id="round",
            plan_digest=DIGEST,
            participant_id=name,
            sign=identity.sign,
            directory=directory,
            length=WORDS,
            min_cohort=NEIGHBOURS,
            randomness=os.urandom,
        )
        for name, identity in identities.items()
    ]
    roster = Roster(tuple(participant.advertise() for participant in participants))
    contribution = np.arange(WORDS, dtype=np.int64)
    waiting = iter(participants)
    return lambda: next(waiting).mask(roster, contribution)[0]


def _alternating(*functions: Callable[[], object]) -> list[float]:
    times: list[list[float]] = [[] for _ in functions]
    for function in functions:
        function()
    for _ in range(REPEATS):
        for function, taken in zip(functions, times, strict=True):
            start = time.perf_counter()
            function()
            taken.append(time.perf_counter() - start)
    return [statistics.median(taken) for taken in times]
