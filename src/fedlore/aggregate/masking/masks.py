"""Masks: what two participants agree on, and what one chooses alone, expanded to as many words as a vector has.

Bonawitz et al., "Practical Secure Aggregation for Privacy-Preserving Machine Learning" (CCS 2017), section 4: every
pair agrees on a key (X25519, RFC 7748), the first of the two by id adds the stream expanded from it, the other
subtracts it, so the streams cancel in the sum. A self mask on top hides a vector even from whoever learns all of the
pairs' streams.

A key is used for one stream only: it is derived (HKDF-SHA256, RFC 5869) for one round, plan, roster and owner or pair,
so parties that were shown different rosters share no mask. The stream is AES-128 in counter mode from counter zero.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from fedlore.aggregate.masking.errors import ProtocolError
from fedlore.aggregate.masking.secret import Secret
from fedlore.aggregate.masking.vectors import WORD, WORD_BYTES, Words, add_into, subtract_from

SECRET_BYTES = 32
STREAM_KEY_BYTES = 16
CHUNK_BYTES = 256 * 1024  # the chunk of the vector, of the stream and of the zeros stay in the second-level cache
_PRIME = 2**255 - 19
_ZEROS = bytes(CHUNK_BYTES)
_FIRST_COUNTER = bytes(16)


@dataclass(frozen=True, slots=True)
class Scope:
    """What every mask is bound to: it is worth nothing in another round, for another plan or another roster."""

    round_id: str
    plan_digest: str
    roster_digest: str

    def info(self, purpose: str, *participants: str) -> bytes:
        """The ``info`` of the key derivation: each part preceded by its length, so no two readings are alike."""
        parts = (f"fedlore masking 1 {purpose}", self.round_id, self.plan_digest, self.roster_digest, *participants)
        encoded = [part.encode() for part in parts]
        return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


@dataclass(frozen=True, slots=True)
class Stream:
    """One mask: the key that it is expanded from, and whether it is subtracted."""

    key: Secret
    negative: bool = False


def check_mask_key(public: bytes) -> None:
    """Raises `ProtocolError` unless ``public`` is in canonical form and not of low order (RFC 7748, section 6.1)."""
    if len(public) != SECRET_BYTES or int.from_bytes(public, "little") >= _PRIME:
        raise ProtocolError("a mask key is not an X25519 public key in canonical form")
    # A clamped scalar is a multiple of the cofactor: with any of them a low-order point gives zero, which is refused.
    _agree(X25519PrivateKey.from_private_bytes(bytes(SECRET_BYTES)), public)


def pairwise_stream(own_key: X25519PrivateKey, own_id: str, other_id: str, other_key: bytes, scope: Scope) -> Stream:
    """The mask that two participants share: added by the one whose id comes first, subtracted by the other.

    Raises `ProtocolError` for a low-order ``other_key``.
    """
    shared = _agree(own_key, other_key)
    first, second = sorted((own_id, other_id))
    return Stream(_derive(shared, scope.info("pairwise", first, second)), negative=own_id != first)


def self_stream(seed: Secret, participant_id: str, scope: Scope) -> Stream:
    """The mask that one participant chose alone, as it adds it."""
    return Stream(_derive(seed.reveal(), scope.info("self", participant_id)))


def seed_commitment(seed: Secret) -> str:
    """SHA-256 in hexadecimal, sent with the masked vector: a seed that came later cannot be another one."""
    return hashlib.sha256(b"fedlore masking 1 seed\0" + seed.reveal()).hexdigest()


def apply_streams(vector: Words, streams: Iterable[Stream]) -> None:
    """Add each stream to ``vector`` in place (or subtract it), modulo 2^32, as fast as AES runs.

    Chunk by chunk: what was expanded is added while it is in the cache, and is never held as a whole.
    """
    ciphers = [(_cipher(stream.key), subtract_from if stream.negative else add_into) for stream in streams]
    buffer = np.empty(CHUNK_BYTES // WORD_BYTES, dtype=WORD)
    for start in range(0, vector.size, buffer.size):
        chunk = vector[start : start + buffer.size]
        words = buffer[: chunk.size]
        zeros = memoryview(_ZEROS)[: words.nbytes]
        for cipher, apply in ciphers:
            cipher.update_into(zeros, words.data.cast("B"))
            apply(chunk, words)


def _agree(own_key: X25519PrivateKey, public: bytes) -> bytes:
    try:
        return own_key.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        raise ProtocolError("a mask key is a low-order point: whoever sent it would know the shared secret") from None


def _derive(secret: bytes, info: bytes) -> Secret:
    return Secret(HKDF(algorithm=SHA256(), length=STREAM_KEY_BYTES, salt=None, info=info).derive(secret))


def _cipher(key: Secret) -> CipherContext:
    return Cipher(algorithms.AES(key.reveal()), modes.CTR(_FIRST_COUNTER)).encryptor()
