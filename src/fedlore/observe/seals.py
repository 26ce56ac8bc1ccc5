"""Seals on what is kept: whatever was changed or planted in a cache file since is not taken for ours."""

from __future__ import annotations

import hashlib
import hmac

_LENGTH = 32


def sealed(text: str, salt: bytes, *place: str) -> str:
    """The text behind its seal: a keyed hash (BLAKE2b, RFC 7693) of it and of the place that it is kept at."""
    return _seal(text, salt, place) + text


def unsealed(value: object, salt: bytes, *place: str) -> str | None:
    """The text that `sealed` was given with this salt and place; None for anything else."""
    if not isinstance(value, str):
        return None
    seal, text = value[:_LENGTH], value[_LENGTH:]
    try:
        own = _seal(text, salt, place)
    except UnicodeEncodeError:
        return None
    return text if hmac.compare_digest(seal.encode(errors="replace"), own.encode()) else None


def _seal(text: str, salt: bytes, place: tuple[str, ...]) -> str:
    digest = hashlib.blake2b(key=salt, digest_size=_LENGTH // 2)
    for part in (*place, text):
        data = part.encode()
        digest.update(b"%d:" % len(data) + data)
    return digest.hexdigest()
