"""The salt that people are hashed with: an organisation's own, made from the system's randomness, and never sent."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from fedlore.observe.private_file import open_own

_BYTES = 32


def local_salt(cache: Path | None) -> bytes:
    """The 32 bytes in the file beside a cache (its name and ``.salt``), made if absent, readable by its owner only.

    All repositories observed with one cache share it, so that a person is the same in each. Without a cache, or where
    the file can be neither read nor written, or is not this user's own, the salt is one of this run alone.
    """
    if cache is None:
        return os.urandom(_BYTES)
    path = cache.with_name(f"{cache.name}.salt")
    return _kept(path) or _made(path)


def _kept(path: Path) -> bytes | None:
    """The salt in the file; None if it is absent or not one of ours."""
    try:
        descriptor = open_own(path)
    except OSError:
        return None
    if descriptor is None:
        return None
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(_BYTES + 1)
    return content if len(content) == _BYTES else None


def _made(path: Path) -> bytes:
    """A new salt, or that of another process which was quicker."""
    salt = os.urandom(_BYTES)
    with contextlib.suppress(OSError), NamedTemporaryFile(dir=path.parent) as file:
        file.write(salt)
        file.flush()
        if path.exists() and _kept(path) is None:
            path.unlink()
        # Unlike a rename, a link never takes the place of what another process has made meanwhile.
        os.link(file.name, path)
    return _kept(path) or salt
