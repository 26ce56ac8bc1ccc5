"""Who wrote a commit: people become keyed hashes at this door, bots and coding agents are told from humans."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from importlib import resources
from typing import Literal

Sort = Literal["human", "bot", "agent"]

ENTRY_BYTES = 96
"""About what a name costs in a table beside its own bytes."""

_REVIEW_KEYS = {b"reviewed-by", b"acked-by"}
_COAUTHOR_KEY = b"co-authored-by"


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    table = tomllib.loads((resources.files("fedlore.observe.history") / "people.toml").read_text("utf-8"))
    bots, agents = (re.compile("|".join(table[name]["patterns"]), re.MULTILINE) for name in ("bots", "agents"))
    return bots, agents


def sort_of(name: bytes, address: bytes) -> Sort:
    """Whether this name and address are those of a human, a bot or a coding agent (patterns in ``people.toml``)."""
    bots, agents = _patterns()
    lines = [part.decode("utf-8", "replace").strip().replace("\n", " ") for part in (name, address)]
    text = "\n".join(lines).lower()
    if agents.search(text):
        return "agent"
    return "bot" if bots.search(text) else "human"


def person_hash(name: bytes, address: bytes, salt: bytes) -> bytes:
    """The 16 bytes that stand for a person, keyed with the salt (at most 64 bytes, RFC 7693)."""
    return blake2b(address.lower() or b"\0" + name, digest_size=16, key=salt).digest()


@dataclass(frozen=True, slots=True)
class Trailers:
    """What the trailers of one commit say: how many other humans wrote it, whether an agent did, if it was reviewed."""

    coauthors: int
    by_agent: bool
    reviewed: bool


@dataclass(slots=True)
class People:
    """Numbers for the authors of one history, and a keyed hash (BLAKE2b, 16 bytes) for each person.

    One person is one address, in capitals or not (one name if it is empty). An author is a name and an address:
    ``persons`` holds the person of each author, ``sorts`` whether the author is a human. Whoever does not know the
    ``salt`` can neither find a person in ``hashes`` nor compare them with those of others. Lives as long as the pass
    over the history; the names and addresses end with it. ``name_bytes`` is about what they take.
    """

    salt: bytes
    persons: list[int] = field(default_factory=list)
    sorts: list[Sort] = field(default_factory=list)
    hashes: dict[bytes, int] = field(default_factory=dict)
    name_bytes: int = 0
    _authors: dict[tuple[bytes, bytes], int] = field(default_factory=dict)
    _sorts_named: dict[tuple[bytes, bytes], Sort] = field(default_factory=dict)

    def numbers(self, names: Sequence[bytes], addresses: Sequence[bytes]) -> Iterable[int]:
        """The integers that stand for these authors."""
        authors = list(zip(names, addresses, strict=True))
        for author in dict.fromkeys(authors):
            if author not in self._authors:
                self._authors[author] = len(self.persons)
                self.name_bytes += sum(map(len, author)) + ENTRY_BYTES
                self.persons.append(self.hashes.setdefault(person_hash(*author, self.salt), len(self.hashes)))
                self.sorts.append(sort_of(*author))
        return map(self._authors.__getitem__, authors)

    def trailers(self, text: bytes, name: bytes, address: bytes) -> Trailers:
        """What ``Co-authored-by``, ``Reviewed-by`` and ``Acked-by`` lines say in a commit of this author.

        The author naming themself, by the same name or address, counts as nobody.
        """
        themself = {name.lower(), address.lower()}
        humans: set[bytes] = set()
        by_agent = reviewed = False
        for line in text.split(b"\n"):
            key, _, value = line.partition(b":")
            key = key.strip().lower()
            person, _, rest = value.strip().lower().rpartition(b"<")
            person, mail = person.strip(), rest.partition(b">")[0].strip()
            if not (person or mail) or person in themself or mail in themself:
                continue
            sort = self._sort(person, mail)
            if key == _COAUTHOR_KEY:
                by_agent = by_agent or sort == "agent"
                if sort == "human":
                    humans.add(mail or person)
            elif key in _REVIEW_KEYS and sort == "human":
                reviewed = True
        return Trailers(len(humans), by_agent, reviewed)

    def _sort(self, name: bytes, address: bytes) -> Sort:
        key = (name, address)
        sort = self._sorts_named.get(key)
        if sort is None:
            sort = self._sorts_named[key] = sort_of(name, address)
            self.name_bytes += len(name) + len(address) + ENTRY_BYTES
        return sort
