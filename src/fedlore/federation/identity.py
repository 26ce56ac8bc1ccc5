"""An organisation's signing key: made once, kept in a file that only its owner can read."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from fedlore.catalogue.errors import FedloreError


class IdentityError(FedloreError):
    """A key file that cannot be used."""


class Identity:
    """An Ed25519 key pair (RFC 8032); the secret half never leaves this object."""

    __slots__ = ("_secret", "public")

    def __init__(self, secret: Ed25519PrivateKey) -> None:
        self._secret = secret
        self.public = secret.public_key().public_bytes_raw()

    def __repr__(self) -> str:
        return f"Identity({self.fingerprint})"

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.public)

    def sign(self, message: bytes) -> bytes:
        """The signature (64 bytes) of a message."""
        return self._secret.sign(message)


def fingerprint(public: bytes) -> str:
    """How a public key is shown: the first 16 bytes of its SHA-256, in hexadecimal."""
    return hashlib.sha256(public).hexdigest()[:32]


def public_key(raw: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(raw)


def load_identity(path: Path) -> Identity:
    """The identity kept at ``path``, made now if there is none (file mode 0600, written whole or not at all)."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(Ed25519PrivateKey.generate().private_bytes_raw())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    try:
        return Identity(Ed25519PrivateKey.from_private_bytes(path.read_bytes()))
    except ValueError:
        raise IdentityError(f"{path} does not hold a signing key; restore it from a backup") from None
