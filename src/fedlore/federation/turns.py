"""One round of a federation at a time on one machine: a lock that the system lets go when its process ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fedlore.federation.coordinator import RoundError


class Turns:
    """The turns that this object holds; two objects, in one process or in two, never hold the same one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, int] = {}

    def take(self, federation_id: str) -> None:
        """Take the federation's turn, if this object has not; raises `RoundError` while somebody else has it."""
        if federation_id in self._held:
            return
        descriptor = os.open(self._folder / f"{federation_id}.turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise RoundError(
                "a round of this federation is running on this machine; try again when it has ended"
            ) from None
        self._held[federation_id] = descriptor

    def leave(self, federation_id: str) -> None:
        """Let the next one have its turn; nothing happens if this object has none."""
        descriptor = self._held.pop(federation_id, None)
        if descriptor is not None:
            os.close(descriptor)

    @contextmanager
    def taken(self, federation_id: str) -> Iterator[None]:
        """Hold the federation's turn for the length of a block."""
        self.take(federation_id)
        try:
            yield
        finally:
            self.leave(federation_id)
