"""What one blob holds: the facts that depend on its bytes and on nothing else, so that they may be kept for later."""

from __future__ import annotations

from dataclasses import replace

from fedlore.observe.artefacts.kinds import artefact_kind
from fedlore.observe.artefacts.reading import ARTEFACT_KINDS, read_artefact
from fedlore.observe.duplication import block_hashes
from fedlore.observe.facts import Facts
from fedlore.observe.manifests.kinds import manifest_kind
from fedlore.observe.manifests.reading import read_manifest
from fedlore.observe.naming import LANGUAGES, is_by_others, language_of
from fedlore.observe.records import is_record, read_record
from fedlore.observe.source import examine_source
from fedlore.observe.workflows import WORKFLOW, read_workflow, workflow_kind

__all__ = ["Facts", "examine", "file_name", "kinds_of"]

_RECORD = "decision-record"


def kinds_of(path: bytes) -> tuple[str, ...]:
    """How a file is read: by its language, as a manifest, a decision record, an artefact of planned work, several of
    these (``setup.py`` is source and manifest), or not at all.
    """
    if is_by_others(path):
        return ()
    record = _RECORD if is_record(path) else ""
    kinds = (language_of(path), manifest_kind(path), workflow_kind(path), record or artefact_kind(path))
    return tuple(filter(None, kinds))


def file_name(blob: str, kind: str) -> str:
    """The name under which a blob is written for other programs: its id, and an extension that tells its kind."""
    return f"{blob}.{LANGUAGES[kind].extensions[0] if kind in LANGUAGES else kind}"


def examine(kind: str, data: bytes) -> Facts:
    """The facts of one blob as this kind, but for its size, which scc measures."""
    if kind in LANGUAGES:
        return replace(examine_source(data, kind), blocks=block_hashes(data))
    if kind == _RECORD:
        return _record(data)
    if kind in ARTEFACT_KINDS:
        artefact, warning = read_artefact(kind, data)
        return Facts(artefact=artefact, warning=warning)
    if kind == WORKFLOW:
        return read_workflow(data)
    packages, warning = read_manifest(kind, data)
    return Facts(packages=packages, warning=warning)


def _record(data: bytes) -> Facts:
    """One decision record, whether it states that it was superseded, and whether it names alternatives."""
    record, warning = read_record(data)
    counts = {
        "records": 1,
        "records_superseded": int(record["status"] == "superseded"),
        "records_with_alternatives": int(record["alternatives"] > 0),
    }
    return Facts({name: count for name, count in counts.items() if count}, warning=warning)
