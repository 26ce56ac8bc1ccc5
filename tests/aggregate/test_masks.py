"""The key schedule and the streams: fixed on the wire, cancelling between two, uniform to everybody else."""

from __future__ import annotations

import hashlib
import hmac
import itertools
from dataclasses import replace

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from scipy.stats import chisquare

from fedlore.aggregate.masking.errors import ProtocolError
from fedlore.aggregate.masking.masks import (
    CHUNK_BYTES,
    Scope,
    Stream,
    apply_streams,
    check_mask_key,
    pairwise_stream,
    seed_commitment,
    self_stream,
)
from fedlore.aggregate.masking.secret import Secret
from fedlore.aggregate.masking.vectors import WORD
from tests.aggregate.parties import Federation

SCOPE = Scope("round-1", "aa" * 32, "bb" * 32)
ALICE = X25519PrivateKey.from_private_bytes(bytes(range(32)))
BOB = X25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
SEED = Secret(bytes(range(64, 96)))


def public(key: X25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def expanded(stream: Stream, words: int) -> list[int]:
    vector = np.zeros(words, dtype=WORD)
    apply_streams(vector, [stream])
    return vector.tolist()


def test_the_key_schedule_is_the_one_on_the_wire() -> None:
    pairwise = pairwise_stream(ALICE, "alice", "bob", public(BOB), SCOPE)
    own = self_stream(SEED, "alice", SCOPE)
    assert pairwise.key.reveal().hex() == "88b97e70be1ec59a6aab10b384afd4c1"
    assert own.key.reveal().hex() == "6cbbd5bafee4f9f1b8e59032f386af1a"
    assert expanded(pairwise, 4) == [4186958728, 4114853032, 1559042636, 3087788228]
    assert expanded(own, 4) == [3521593310, 3932834181, 3845355039, 2230986220]
    assert seed_commitment(SEED) == "fb84e0b164a350d5e9044e32fce21582ddb71e965a5de16b7eb4401f40a061b1"


def test_the_key_schedule_is_hkdf_and_aes_as_written_in_the_standards() -> None:
    """RFC 5869 by hand, with the streams' parts each preceded by its length."""
    parts = [b"fedlore masking 1 pairwise", b"round-1", b"aa" * 32, b"bb" * 32, b"alice", b"bob"]
    info = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    extracted = hmac.digest(bytes(32), ALICE.exchange(BOB.public_key()), hashlib.sha256)
    key = hmac.digest(extracted, info + b"\x01", hashlib.sha256)[:16]
    stream = pairwise_stream(ALICE, "alice", "bob", public(BOB), SCOPE)
    assert stream.key == Secret(key)
    counters = bytes(16) + bytes(15) + b"\x01"
    block = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(counters)  # noqa: S305  (what CTR is made of)
    assert expanded(stream, 8) == np.frombuffer(block, dtype="<u4").tolist()


@pytest.mark.parametrize("words", [1, 3, CHUNK_BYTES // 4 - 1, CHUNK_BYTES // 4, CHUNK_BYTES // 4 + 1, 200_003])
def test_a_pair_adds_and_subtracts_the_same_stream(words: int) -> None:
    vector = np.arange(words, dtype=WORD)
    first = pairwise_stream(ALICE, "alice", "bob", public(BOB), SCOPE)
    second = pairwise_stream(BOB, "bob", "alice", public(ALICE), SCOPE)
    assert (first.negative, second.negative) == (False, True)
    apply_streams(vector, [first])
    assert (vector != np.arange(words)).any()
    apply_streams(vector, [second])
    assert (vector == np.arange(words)).all()


def test_chunks_continue_one_stream() -> None:
    words = 2 * CHUNK_BYTES // 4 + 5
    cipher = Cipher(algorithms.AES(bytes(16)), modes.CTR(bytes(16))).encryptor()
    whole = np.frombuffer(cipher.update(bytes(4 * words)), dtype="<u4")
    assert expanded(Stream(Secret(bytes(16))), words) == whole.tolist()


def test_every_mask_is_for_one_round_plan_roster_and_pair() -> None:
    scopes = [
        SCOPE,
        replace(SCOPE, round_id="round-2"),
        replace(SCOPE, plan_digest="ab" * 32),
        replace(SCOPE, roster_digest="ba" * 32),
    ]
    pairs = [("alice", "bob"), ("alic", "ebob"), ("alice", "bo"), ("ali", "ce")]
    keys = [pairwise_stream(ALICE, a, b, public(BOB), scope).key for scope in scopes for a, b in pairs]
    keys += [self_stream(SEED, name, scope).key for scope in scopes for name in ("alice", "bob")]
    assert len(keys) == 24
    assert len({key.reveal() for key in keys}) == 24


def test_low_order_and_non_canonical_keys_are_refused() -> None:
    prime = 2**255 - 19
    order_8 = 325606250916557431795983626356110631294008115727848805560023387167927233504
    low_order = [0, 1, prime - 1, order_8]
    for point in low_order:
        raw = point.to_bytes(32, "little")
        with pytest.raises(ProtocolError, match="low-order"):
            check_mask_key(raw)
        with pytest.raises(ProtocolError, match="low-order"):
            pairwise_stream(ALICE, "alice", "bob", raw, SCOPE)
    valid = int.from_bytes(public(BOB), "little")
    for number in (prime, prime + 1, 2**255 - 1, valid + 2**255):
        with pytest.raises(ProtocolError, match="canonical"):
            check_mask_key(number.to_bytes(32, "little"))
    for length in (0, 31, 33):
        with pytest.raises(ProtocolError, match="canonical"):
            check_mask_key(bytes([9]) * length)
    check_mask_key(public(BOB))


def test_a_masked_vector_looks_uniform_whatever_is_in_it() -> None:
    federation = Federation(size=3, length=50_000)
    roster = federation.roster()
    vectors = []
    for fill in (0, 1):
        participant = federation.participant("member-1")
        masked, _ = participant.mask(roster, np.full(50_000, fill, dtype=np.int64))
        vectors.append(masked)
        counts = np.bincount(np.frombuffer(masked.vector, dtype=np.uint8), minlength=256)
        assert counts.sum() == 200_000
        assert chisquare(counts).pvalue > 1e-6
    # The test has power: the same bytes without the masks fail it by any measure.
    assert chisquare(np.bincount(np.ones(200_000, dtype=np.uint8), minlength=256)).pvalue < 1e-100
    assert (vectors[1].words - vectors[0].words == 1).all(), (
        "the same keys give the same masks, which is why one masks once"
    )


def test_secrets_do_not_show() -> None:
    stream = self_stream(SEED, "alice", SCOPE)
    federation = Federation(size=3, length=4)
    participant = federation.participant("member-0")
    masked, unmask = participant.mask(federation.roster(), np.zeros(4, dtype=np.int64))
    texts = [f"{value!r} {value}" for value in (SEED, stream, unmask, masked, participant)]
    hidden = [SEED.reveal(), stream.key.reveal(), unmask.seed.reveal(), masked.vector]
    forms = [form for secret in hidden for form in (secret.hex(), repr(secret), repr(secret)[2:-1])]
    for text, form in itertools.product(texts, forms):
        assert form not in text
    assert "hidden" in texts[0]


def test_secrets_compare_by_value() -> None:
    same = Secret(SEED.reveal())
    assert same == SEED
    assert hash(same) == hash(SEED)
    assert len(SEED) == 32
    assert Secret(bytes(32)) != SEED
    assert SEED.reveal() != SEED
