"""Find the same runs of lines in several files: each file gives hashes of some of its runs, which are then compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import numpy.typing as npt

RUN_LINES = 10
"""Lines of a run: the least length of a duplicated block in SonarQube's metric definitions."""

SAMPLED = 4
"""One run in this many is kept, by its hash: the same runs in every file."""

_LINE_BITS = 21
_HASH_BITS = 40
_MULTIPLIER = 0x9E3779B97F4A7C15
_MIXER = 0xBF58476D1CE4E5B9
_NO_WORD = bytes(byte for byte in range(128) if not chr(byte).isalnum())
_NOT_CODE = (b"#", b"//", b"*", b"--", b'"""', b"import ", b"from ", b"using ", b"use ", b"package ")

Hashes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """How many runs of lines were compared, how many of them stand in two files or more, and where some of these begin
    (row of the file, line from 1; the first of each hash and file, in order).
    """

    runs: int
    repeated: int
    places: tuple[tuple[int, int], ...] = ()

    @property
    def share(self) -> float | None:
        return self.repeated / self.runs if self.runs else None


def block_hashes(data: bytes) -> tuple[int, ...]:
    """Hashes of runs of `RUN_LINES` lines in a file, sampled: the hash of the run times 2 ** 21 plus its first line.

    Lines are compared without white space at their ends. Left out are blank lines, those without a letter or digit,
    comments that fill their lines, and lines that begin as a preprocessor's line or an import does, whatever the
    language: neither a licence nor a list of imports is a copy. A run is kept if its hash is divisible by `SAMPLED`
    (Schleimer, Wilkerson and Aiken, Winnowing, SIGMOD 2003, section 2, "0 mod p"): files that share a run then both
    keep it or both do not, so that the share of repeated runs among those kept estimates the share among all.
    """
    numbers: list[int] = []
    sums: list[int] = []
    within_comment = False
    for number, line in enumerate(data.split(b"\n"), 1):
        text = line.strip()
        if within_comment or text.startswith(b"/*"):
            within_comment = b"*/" not in text
        elif text.strip(_NO_WORD) and not text.startswith(_NOT_CODE):
            numbers.append(number)
            sums.append(crc32(text))
    count = len(sums) - RUN_LINES + 1
    if count <= 0:
        return ()
    hashes = _hashes(np.array(sums, np.uint64), count)
    first = np.minimum(np.array(numbers[:count], np.int64), (1 << _LINE_BITS) - 1)
    kept = hashes % SAMPLED == 0
    return tuple((hashes[kept] // SAMPLED << _LINE_BITS | first[kept]).tolist())


def repeated_blocks(blocks: Sequence[Sequence[int]], most_places: int = 0) -> Duplicates:
    """Compare the runs of several files; repeated are those whose hash at least two of the files have.

    A run that only one file has, however often, is not repeated. Hashes have 38 bits: among a million runs, chance
    makes about four agree.
    """
    rows = np.repeat(np.arange(len(blocks)), [len(each) for each in blocks])
    codes = np.fromiter((code for each in blocks for code in each), np.int64, len(rows))
    hashes, lines = codes >> _LINE_BITS, codes & ((1 << _LINE_BITS) - 1)
    _, number = np.unique(hashes, return_inverse=True)
    pairs, first = _first_of_each(number, rows, lines)
    files_with = np.bincount(pairs[:, 0], minlength=1)
    repeated = files_with[number] > 1 if len(number) else np.zeros(0, np.bool_)
    among = files_with[pairs[:, 0]] > 1
    places = sorted(zip(pairs[among, 1].tolist(), first[among].tolist(), strict=True))
    return Duplicates(len(rows), int(repeated.sum()), tuple(places[:most_places]))


def _hashes(sums: npt.NDArray[np.uint64], count: int) -> Hashes:
    """A polynomial of each run's checksums modulo 2 ** 64, mixed, cut to 40 bits."""
    value = np.zeros(count, np.uint64)
    for step in range(RUN_LINES):
        value = value * np.uint64(_MULTIPLIER) + sums[step : step + count]
    value = (value ^ (value >> np.uint64(30))) * np.uint64(_MIXER)
    value ^= value >> np.uint64(27)
    return (value >> np.uint64(64 - _HASH_BITS)).astype(np.int64)


def _first_of_each(number: Hashes, rows: Hashes, lines: Hashes) -> tuple[Hashes, Hashes]:
    """The distinct pairs of hash and file, and the first line of each."""
    order = np.lexsort((lines, rows, number))
    table = np.column_stack((number[order], rows[order]))
    new = np.ones(len(table), np.bool_)
    new[1:] = (table[1:] != table[:-1]).any(axis=1)
    return table[new], lines[order][new]
