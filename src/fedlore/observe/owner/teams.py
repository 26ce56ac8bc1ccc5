"""Which team a repository belongs to: known to the organisation alone, no name of a team ever leaves.

The organisation's ``fedlore.toml`` says it first, then the file CODEOWNERS at HEAD; else the organisation is one team.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import translate
from pathlib import Path

import pygit2

from fedlore.observe.evidence import SourceFile
from fedlore.observe.owner.organisation import Organisation

_PLACES = (b".github/CODEOWNERS", b"CODEOWNERS", b"docs/CODEOWNERS", b".gitlab/CODEOWNERS")
"""In the order of GitHub, then GitLab's own; the first that exists is the one."""
_MOST_BYTES = 1 << 18
_MOST_RULES = 2_000
_MOST_COMPARISONS = 200_000
_WORD = re.compile(rb"(?:\\.|[^\s\\])+")
_BELOW = None
"""The part ``**`` of a pattern: any number of folders."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of CODEOWNERS: the parts of its pattern, what it matches at the end, and the owner that it names.

    ``parts`` are matched folder by folder. ``end`` is ``file`` (nothing below it), ``folder`` (only what is below) or
    ``any`` (both).
    """

    parts: tuple[re.Pattern[bytes] | None, ...]
    end: str
    owner: str

    @property
    def is_everything(self) -> bool:
        return self.parts in _EVERYTHING

    def matches(self, path: bytes) -> bool:
        """Whether the rule holds for a file, in time proportional to its folders times the pattern's parts."""
        names = path.split(b"/")
        reached = {0}
        for part in self.parts:
            if part is _BELOW:
                reached = set(range(min(reached), len(names)))
            else:
                reached = {at + 1 for at in reached if at < len(names) and part.fullmatch(names[at])}
            if not reached:
                return False
        match self.end:
            case "file":
                return len(names) in reached
            case "folder":
                return min(reached) < len(names)
            case _:
                return True


def team_of(path: Path, organisation: Organisation, repository: pygit2.Repository, files: Sequence[SourceFile]) -> str:
    """The team of the repository at ``path``, whose files at HEAD are given; ``""``: the organisation is one team.

    By CODEOWNERS it is the owner of the last rule ``*``, else the owner of the most files, where the last rule that
    matches a file is the one that holds (of equals, the first by name). Of many files, every so many-th is looked at.
    """
    return organisation.team_of(path.resolve().name) or owner_of(_code_owners(repository, files), files)


def owner_of(content: bytes, files: Sequence[SourceFile]) -> str:
    """The owner that a CODEOWNERS file names for most of a project; ``""`` if it names none."""
    rules = read_rules(content)
    owners = [rule.owner for rule in rules if rule.is_everything]
    if owners:
        return owners[-1]
    if not rules:
        return ""
    step = 1 + len(files) * len(rules) // _MOST_COMPARISONS
    owned: Counter[str] = Counter()
    for file in files[::step]:
        rule = next((rule for rule in reversed(rules) if rule.matches(file.path)), None)
        if rule is not None and rule.owner:
            owned[rule.owner] += 1
    return min(owned, key=lambda owner: (-owned[owner], owner), default="")


def read_rules(content: bytes) -> list[Rule]:
    """The rules of a CODEOWNERS file in their order; what GitHub would pass over as invalid is passed over."""
    rules = []
    for line in content.splitlines()[:_MOST_RULES]:
        words = _WORD.findall(line)
        if not words or words[0].startswith((b"#", b"!", b"[", b"^[")):
            continue
        comment = next((at for at, word in enumerate(words) if word.startswith(b"#")), len(words))
        owners = [word for word in words[1:comment] if b"@" in word]
        rules.append(_rule(words[0], owners))
    return rules


def _rule(pattern: bytes, owners: Sequence[bytes]) -> Rule:
    """Read a pattern as gitignore(5) does, but that ``folder/*`` is what lies in the folder itself."""
    # A team (@organisation/team) says more than a person.
    owner = next((name for name in owners if b"/" in name), owners[0] if owners else b"")
    names = pattern.strip(b"/").split(b"/")
    anchored = b"/" in pattern[:-1]
    parts = [_BELOW if name == b"**" else _part(name) for name in names]
    if not anchored:
        parts.insert(0, _BELOW)
    end = "folder" if pattern.endswith(b"/") else "file" if anchored and names[-1] == b"*" else "any"
    return Rule(tuple(parts), end, owner.removeprefix(b"@").decode("utf-8", "replace"))


def _part(name: bytes) -> re.Pattern[bytes]:
    """One name of a pattern: ``*`` and ``?`` stand for characters; `fnmatch` makes forms that never backtrack far."""
    plain = re.sub(rb"\\(.)", rb"\1", name).replace(b"[", b"[[]")
    return re.compile(translate(plain.decode("latin-1")).encode("latin-1"))


_EVERYTHING = ((_BELOW, _part(b"*")), (_BELOW, _BELOW), (_BELOW,))
"""The patterns ``*``, ``**`` and ``/**``."""


def _code_owners(repository: pygit2.Repository, files: Sequence[SourceFile]) -> bytes:
    """The content of CODEOWNERS at HEAD; nothing if there is none that can be read."""
    blobs = {file.path: file for file in files if file.path in _PLACES}
    found = next((blobs[place] for place in _PLACES if place in blobs), None)
    if found is None or found.size > _MOST_BYTES:
        return b""
    try:
        return bytes(repository[found.blob].read_raw())
    except (KeyError, ValueError, pygit2.GitError):
        return b""
