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

    Seconds, commits, changed files in all, bytes that git writes, of one commit with its changes and of comparing
    texts, bytes of git's memory, bytes of a path, and bytes that all distinct paths and people's names take together.
    """

    seconds: float = 300.0
    commits: int = 1_000_000
    changes: int = 4_000_000
    bytes: int = 2 << 30
    commit_bytes: int = 64 << 20
    lines_bytes: int = 64 << 20
    memory: int = 640 << 20
    path_bytes: int = 4_096
    name_bytes: int = 128 << 20


@dataclass(slots=True)
class GitOutput:
    """What a git command writes when it is ``given`` this input, in blocks.

    ``shortfall`` says afterwards why it is not all, and is empty if it is. The seconds count from ``begun`` (of the
    monotonic clock), where several commands share them; else from when it starts.
    """

    command: list[str]
    folder: Path
    limits: Limits
    given: bytes = b""
    begun: float | None = None
    shortfall: str = ""

    def __iter__(self) -> Iterator[bytes]:
        deadline = (time.monotonic() if self.begun is None else self.begun) + self.limits.seconds
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
            _hold(process.pid, self.limits)
            if process.stdout is not None:
                yield from self._blocks(process.stdout, deadline)
            if not self.shortfall and process.wait() != 0:
                self.shortfall = (
                    "git could not read every object (a partial clone, or a broken one), or took more than "
                    f"{self.limits.memory} bytes of memory"
                )
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


def _hold(process_id: int, limits: Limits) -> None:
    """Hold git to its memory and, should its reader be killed while it writes nothing, to its time."""
    if hasattr(resource, "prlimit"):
        for kind, limit in ((resource.RLIMIT_DATA, limits.memory), (resource.RLIMIT_CPU, int(limits.seconds) + 1)):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                _, most = resource.prlimit(process_id, kind)
                soft = limit if most == resource.RLIM_INFINITY else min(limit, most)
                resource.prlimit(process_id, kind, (soft, most))


def _widen(descriptor: int) -> None:
    """A wider pipe lets git and the reader take turns less often; where the system refuses, it stays as it is."""
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with contextlib.suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
