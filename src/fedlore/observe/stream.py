"""Read what a git command writes while it runs, with limits on time, memory and bytes."""

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import select
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from fedlore.observe.command import ENVIRONMENT

_PIPE_BYTES = 1 << 20
_BLOCK = 1 << 18
_PAUSE_SECONDS = 0.003


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one repository may ask of a machine.

    Seconds, commits, bytes that git writes, bytes of git's memory, and bytes of a path.
    """

    seconds: float = 300.0
    commits: int = 1_000_000
    bytes: int = 4 << 30
    memory: int = 4 << 30
    path_bytes: int = 4_096


@dataclass(slots=True)
class GitOutput:
    """What a git command writes when it is ``given`` this input, in blocks.

    ``shortfall`` says afterwards why it is not all, and is empty if it is.
    """

    command: list[str]
    folder: Path
    limits: Limits
    given: bytes = b""
    shortfall: str = ""

    def __iter__(self) -> Iterator[bytes]:
        deadline = time.monotonic() + self.limits.seconds
        # A file, since a pipe that nobody empties would have to be watched while the output is read.
        with TemporaryFile() as given:
            given.write(self.given)
            given.seek(0)
            process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=ENVIRONMENT,
                stdin=given,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
            )
        try:
            _hold_memory(process.pid, self.limits.memory)
            if process.stdout is not None:
                yield from self._blocks(process.stdout, deadline)
            if not self.shortfall and process.wait() != 0:
                self.shortfall = "git could not read every object (a partial clone, or a broken one)"
        finally:
            process.kill()
            if process.stdout is not None:
                process.stdout.close()
            process.wait()

    def _blocks(self, pipe: IO[bytes], deadline: float) -> Iterator[bytes]:
        descriptor = pipe.fileno()
        _widen(descriptor)
        ready = select.poll()
        ready.register(descriptor, select.POLLIN | select.POLLHUP)
        block = memoryview(bytearray(_BLOCK))
        received = filled = 0
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not ready.poll(left * 1000):
                self.shortfall = f"the limit of {self.limits.seconds:g} seconds was reached"
                break
            count = os.readv(descriptor, [block[filled:]])
            received += count
            filled += count
            if received > self.limits.bytes:
                self.shortfall = f"the limit of {self.limits.bytes} bytes was reached"
                filled -= received - self.limits.bytes
                break
            if count == 0:
                break
            # git writes little at a time: waking for each piece costs more than all the rest of reading a long output.
            if received > _BLOCK and count < _BLOCK // 4:
                time.sleep(_PAUSE_SECONDS)
            if filled == _BLOCK:
                yield bytes(block)
                filled = 0
        yield bytes(block[:filled])


def _hold_memory(process_id: int, limit: int) -> None:
    if hasattr(resource, "prlimit"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            _, most = resource.prlimit(process_id, resource.RLIMIT_DATA)
            soft = limit if most == resource.RLIM_INFINITY else min(limit, most)
            resource.prlimit(process_id, resource.RLIMIT_DATA, (soft, most))


def _widen(descriptor: int) -> None:
    """A wider pipe lets git and the reader take turns less often; where the system refuses, it stays as it is."""
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with contextlib.suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
