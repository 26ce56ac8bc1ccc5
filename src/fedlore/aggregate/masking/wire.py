"""Bytes on the wire: one canonical form for a message, and a refusal for everything else.

A message is the length of its header (4 bytes, big-endian), the header in canonical JSON (RFC 8785), a body, and, where
it is signed, 64 bytes of Ed25519 signature. The header names the protocol's version and the kind of the message.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import rfc8785

from fedlore.aggregate.masking.errors import ProtocolError

VERSION = 1
SIGNATURE_BYTES = 64
DIGEST_BYTES = 32
_LENGTH_BYTES = 4
_LONGEST_HEADER = 16 * 2**20
_LONGEST_NAME = 128


def frame(kind: str, fields: Mapping[str, Any]) -> bytes:
    """The header of a message of this kind, preceded by its length."""
    header = rfc8785.dumps({"kind": kind, "version": VERSION, **fields})
    return len(header).to_bytes(_LENGTH_BYTES, "big") + header


def unframe(data: bytes, kind: str, names: frozenset[str]) -> tuple[dict[str, Any], bytes]:
    """The header's fields, exactly those in ``names``, and what follows the header; raises `ProtocolError`.

    Whether the form was canonical is for the caller to check, by writing the message that it read once more.
    """
    size = int.from_bytes(data[:_LENGTH_BYTES], "big")
    end = _LENGTH_BYTES + size
    if len(data) < _LENGTH_BYTES or size > _LONGEST_HEADER or end > len(data):
        raise ProtocolError("a message is truncated or its header too long")
    try:
        header = json.loads(data[_LENGTH_BYTES:end])
    except (ValueError, RecursionError):
        raise ProtocolError("a message's header is not JSON") from None
    if not isinstance(header, dict) or header.get("kind") != kind:
        raise ProtocolError(f"a message is not of the kind '{kind}'")
    if header.pop("version", None) != VERSION:
        raise ProtocolError(f"a message is not of version {VERSION} of the protocol")
    del header["kind"]
    if header.keys() != names:
        raise ProtocolError(f"a message of the kind '{kind}' has other fields than {', '.join(sorted(names))}")
    return header, data[end:]


def split_signature(rest: bytes) -> tuple[bytes, bytes]:
    """What follows the header of a signed message: its body, and its signature (too short if that was cut off)."""
    return rest[:-SIGNATURE_BYTES], rest[-SIGNATURE_BYTES:]


def check_name(value: object) -> None:
    """Raises `ProtocolError` unless ``value`` may name a round or a participant: 1 to 128 printable characters."""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_NAME or not value.isprintable():
        raise ProtocolError(f"a name is not 1 to {_LONGEST_NAME} printable characters")


def check_digest(value: object) -> None:
    """Raises `ProtocolError` unless ``value`` is a SHA-256 digest in lower-case hexadecimal."""
    if len(unhex(value)) != DIGEST_BYTES:
        raise ProtocolError("a digest has another length than SHA-256's")


def check_bytes(value: object, size: int, what: str) -> None:
    """Raises `ProtocolError` unless ``value`` is that many bytes."""
    if not isinstance(value, bytes) or len(value) != size:
        raise ProtocolError(f"{what} is not {size} bytes")


def unhex(value: object) -> bytes:
    """The bytes that lower-case hexadecimal stands for; raises `ProtocolError` for anything else."""
    try:
        data = bytes.fromhex(value) if isinstance(value, str) else None
    except ValueError:
        data = None
    if data is None or data.hex() != value:
        raise ProtocolError("a field is not lower-case hexadecimal")
    return data
