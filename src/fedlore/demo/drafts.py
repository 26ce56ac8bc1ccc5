"""A file of a made-up project before it is spread over commits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple


class Version(NamedTuple):
    """What a file holds from one commit on (None: it is removed), and what that commit is about."""

    topic: str
    content: str | None


@dataclass(frozen=True, slots=True)
class Draft:
    """A file and its versions, one after the other."""

    path: str
    versions: tuple[Version, ...]

    @staticmethod
    def about(topic: str, path: str, contents: Iterable[str]) -> Draft:
        """A file whose versions are all about one thing."""
        return Draft(path, tuple(Version(topic, content) for content in contents))

    def dropped(self) -> Draft:
        """The same file, tried for a while and removed again."""
        return Draft(self.path, (*self.versions, Version(self.versions[0].topic, None)))
