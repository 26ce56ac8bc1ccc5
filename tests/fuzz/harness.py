"""What the fuzzers share: seeds in a folder of their own, and atheris' loop. Run from the root, with atheris installed:

    PYTHONPATH=src:. python tests/fuzz/fuzz_manifests.py -max_total_time=300

Arguments are libFuzzer's. An input that fails is written to the working directory as ``crash-...``, ``timeout-...`` or
``oom-...``; give its path as the only argument to see the failure again.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris

LIMITS = ("-timeout=10", "-rss_limit_mb=2048", "-max_len=4096")
"""Seconds and memory for one input, and its bytes, unless the arguments say otherwise."""


def choose(kinds: Iterable[str], data: bytes) -> tuple[str, bytes]:
    """The kind that the first byte names, and the rest."""
    ordered = sorted(kinds)
    return (ordered[data[0] % len(ordered)], data[1:]) if data else (ordered[0], b"")


def seed(kinds: Iterable[str], kind: str, data: bytes) -> bytes:
    """The input from which `choose` takes this kind and these bytes."""
    return bytes([sorted(kinds).index(kind)]) + data


def fuzz(check: Callable[[bytes], None], seeds: Iterable[bytes]) -> None:
    """Call ``check`` with ever new inputs, beginning with the seeds; what it raises is a finding."""
    with TemporaryDirectory(prefix="fedlore-seeds-") as folder:
        for data in seeds:
            (Path(folder) / hashlib.sha256(data).hexdigest()).write_bytes(data)
        again = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
        atheris.Setup([sys.argv[0], *LIMITS, *sys.argv[1:], *([] if again else [folder])], check)
        atheris.Fuzz()
