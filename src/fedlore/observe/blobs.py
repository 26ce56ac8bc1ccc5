"""What one blob holds: the facts that depend on its bytes and on nothing else, so that they may be kept for later."""

from __future__ import annotations

from fedlore.observe.facts import Facts
from fedlore.observe.manifests.kinds import manifest_kind
from fedlore.observe.manifests.reading import read_manifest
from fedlore.observe.naming import LANGUAGES, is_by_others, language_of
from fedlore.observe.records import count_record, is_record
from fedlore.observe.source import examine_source

__all__ = ["Facts", "examine", "file_name", "kind_of"]

_RECORD = "decision-record"


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
        return examine_source(data, kind)
    if kind == _RECORD:
        return Facts(count_record(data))
    packages, warning = read_manifest(kind, data)
    return Facts(packages=packages, warning=warning)
