"""Read the configurations of continuous integration line by line: what they call, and which failures they pass over.

No YAML is parsed: what is counted are lines, so that nothing in a file can make its reading long or large.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from fedlore.observe.facts import Facts

WORKFLOW = "workflow"
"""How `workflow_kind` calls these files."""

_PATH = re.compile(
    rb"\.github/workflows/[^/]+\.ya?ml|\.gitlab-ci\.yml|\.circleci/config\.yml|\.travis\.yml|azure-pipelines\.yml"
    rb"|appveyor\.yml|\.drone\.yml|bitbucket-pipelines\.yml|\.buildkite/[^/]+\.ya?ml|\.woodpecker\.yml|\.cirrus\.yml"
)
_MOST_PLACES = 20
_LONGEST_LINE = 2000

_ENTRY = re.compile(rb"""([ ]*(?:-[ ]+)*)(?:["']?([A-Za-z_][\w.-]*)["']?[ ]*:(?=[ ]|$))?[ ]*(.*)$""")
_BLOCK = re.compile(rb"^[|>][0-9+-]*$")
_COMMENT = re.compile(rb"(?:^|[ \t])#.*$")
_OR_TRUE = re.compile(rb"\|\|[ \t]*(?:true|:|exit[ \t]+0)(?![\w./-])")
_PINNED = re.compile(rb"@(?:[0-9a-f]{40}|sha256:[0-9a-f]{64})$")
_IGNORES = {
    b"continue-on-error": {b"true"},
    b"continueOnError": {b"true"},
    b"allow_failure": {b"true"},
    b"soft_fail": {b"true"},
    b"failure": {b"ignore"},
    b"allow_failures": {b""},
}
"""Keys and values by which GitHub, Azure, GitLab and Cirrus, Buildkite, Woodpecker and Drone, and Travis pass over a
failure."""

_OF_REQUESTS = {b"pull_request", b"pull_request_target", b"merge_group"}
_WORD = re.compile(rb"[A-Za-z_]+")


class _Line(NamedTuple):
    """A line that says something: its number, key (empty for none), value, and how far it is indented."""

    number: int
    key: bytes
    value: bytes
    indent: int


def workflow_kind(path: bytes) -> str:
    """`WORKFLOW` for the configuration of a service of continuous integration in YAML, else ``""``."""
    return WORKFLOW if _PATH.fullmatch(path) else ""


def read_workflow(data: bytes) -> Facts:
    """Count what a configuration says, with the first lines of what a reader would want to see.

    ``uses`` are actions, workflows and images of others that a step or job uses, ``uses_pinned`` those named by a full
    hash. ``continue_on_error`` are settings that let a failure pass (see `_IGNORES`), ``or_true`` commands that end in
    ``|| true`` or the like. ``triggers`` are the events that start a workflow of GitHub, ``request_triggers`` those of
    pull requests. Places are ``unpinned`` and ``ignored_failure``.
    """
    lines = list(_lines(data))
    uses = [line for line in lines if line.key == b"uses" and not line.value.startswith(b"./")]
    unpinned = [line.number for line in uses if not _PINNED.search(line.value)]
    passing = [line.number for line in lines if line.value.lower() in _IGNORES.get(line.key, ())]
    or_true = [line.number for line in lines if _OR_TRUE.search(line.value)]
    events = list(_events(lines))
    counts = {
        "uses": len(uses),
        "uses_pinned": len(uses) - len(unpinned),
        "continue_on_error": len(passing),
        "or_true": len(or_true),
        "triggers": len(events),
        "request_triggers": sum(event in _OF_REQUESTS for event in events),
    }
    places = {"unpinned": unpinned, "ignored_failure": sorted({*passing, *or_true})}
    return Facts(counts, places={name: tuple(found[:_MOST_PLACES]) for name, found in places.items() if found})


def _events(lines: Iterable[_Line]) -> Iterator[bytes]:
    """The events below ``on:``, written as a word, a list, or a table."""
    inside, level = False, -1
    for line in lines:
        if line.indent == 0 and line.key:
            inside, level = line.key == b"on", -1
            yield from _WORD.findall(line.value) if inside else ()
        elif inside:
            level = line.indent if level < 0 else level
            if line.indent == level:
                yield from [line.key] if line.key else _WORD.findall(line.value)[:1]


def _lines(data: bytes) -> Iterator[_Line]:
    """Lines without comments and quotes; a line of a block of text, such as a script, has no key.

    Longer lines than people write are cut.
    """
    block: int | None = None
    for number, raw in enumerate(data.splitlines(), 1):
        line = raw[:_LONGEST_LINE].rstrip()
        text = line.lstrip(b" ")
        indent = len(line) - len(text)
        if not text or text.startswith(b"#"):
            continue
        if block is not None and indent > block:
            yield _Line(number, b"", text, indent)
            continue
        found = _ENTRY.match(_COMMENT.sub(b"", line))
        if found is None:
            block = None
            yield _Line(number, b"", text, indent)
            continue
        value = (found[3] or b"").strip()
        block = len(found[1]) if _BLOCK.fullmatch(value) else None
        yield _Line(number, found[2] or b"", value.strip(b"\"'"), indent)
