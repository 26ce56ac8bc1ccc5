"""What one blob holds: the facts that depend on its bytes and on nothing else, so that they may be kept for later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from fedlore.observe.manifests import declared_packages, manifest_kind
from fedlore.observe.naming import LANGUAGES, is_by_others, language_of
from fedlore.observe.records import count_record, is_record
from fedlore.observe.source import count_constructs

_RECORD = "decision-record"


@dataclass(frozen=True, slots=True)
class Facts:
    """The counts of a blob, its lines of code and complexity, and the package URLs that it declares."""

    counts: Mapping[str, int] = field(default_factory=dict)
    lines: int = 0
    complexity: int = 0
    packages: tuple[str, ...] = ()

    def to_json(self) -> str:
        return json.dumps([dict(self.counts), self.lines, self.complexity, self.packages], separators=(",", ":"))

    @staticmethod
    def from_json(text: str) -> Facts:
        """Read `to_json` back; raises ValueError for anything else."""
        counts, lines, complexity, packages = json.loads(text)
        return Facts(counts, lines, complexity, tuple(packages))


def kind_of(path: bytes) -> str:
    """How a file is read: a language's name, a manifest's kind, a decision record, or ``""`` for not at all."""
    if language := language_of(path):
        return language
    if is_by_others(path):
        return ""
    return manifest_kind(path) or (_RECORD if is_record(path) else "")


def file_name(blob: str, kind: str) -> str:
    """The name under which a blob is written for other programs: its id, and an extension that tells its kind."""
    return f"{blob}.{LANGUAGES[kind].extensions[0] if kind in LANGUAGES else kind}"


def examine(kind: str, data: bytes) -> Facts:
    """The facts of one blob but for its size, which scc measures."""
    if kind in LANGUAGES:
        return Facts(count_constructs(data, kind))
    if kind == _RECORD:
        return Facts(count_record(data))
    return Facts(packages=tuple(sorted(declared_packages(kind, data))))
