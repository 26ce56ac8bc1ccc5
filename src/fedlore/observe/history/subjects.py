"""What the subjects of commits say, as flags: one regular expression for each flag; the subjects stay behind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from fedlore.observe.evidence import Said

_TYPE = rb"(?:build|chore|ci|docs|feat|fix|perf|refactor|revert|style|test)(?:\([^()]+\))?"

CONVENTIONAL = re.compile(rb"^" + _TYPE + rb"!?: +\S", re.IGNORECASE)
"""Conventional Commits 1.0.0, with the types of the Angular convention that the specification recommends."""

CORRECTIVE = re.compile(
    rb"\b(?:bug-?|hot-?)?(?:fix(?:e[sd]|ing)?|bugs?|defects?|errors?|faults?|regressions?|patch(?:e[sd])?)\b",
    re.IGNORECASE,
)
"""Words of a correction after Mockus and Votta, Identifying Reasons for Software Changes (ICSM 2000), section 3."""

REVERT = re.compile(rb"^(?:Revert \"|revert(?:\([^()]+\))?!?: )")
"""The subject that ``git revert`` writes, or the type of Conventional Commits."""

PULL_REQUEST = re.compile(rb"^Merge pull request #\d+|^Merge branch '.+' into '|\((?:#|!)\d+\)$", re.DOTALL)
"""A merge by GitHub or GitLab, or the number that their squash merges append."""

EMPTY = re.compile(
    rb"^\s*+(?!v?\d+\.\d)(?:[^\s\x80-\xff]*+|[\x80-\xbf]*+(?:[^\s\x80-\xbf][\x80-\xbf]*+){0,4}+)\s*+\Z",
)
"""Nothing, or a single word that begins with no version number (5.2.1): one in ASCII, or of at most four characters in
UTF-8, as Chinese and Japanese sentences have no blanks between their words. Nothing is tried twice."""

FEATURE = re.compile(
    rb"^feat(?:ure)?(?:\([^()]+\))?!?: "
    rb"|^(?!"
    + _TYPE
    + rb"!?: )(?:[\w./-]+: )?(?:add|implement|introduc|creat|support|enabl|allow|provid)(?:e?[sd]|e|ing)?\b",
    re.IGNORECASE,
)
"""The type of Conventional Commits, or a first word of forward engineering after Hattori and Lanza, On the Nature of
Commits (ASE Workshops 2008), section 3; an area such as ``parser:`` may stand before it, but no other type."""

BREAKING = re.compile(rb"^[A-Za-z]+(?:\([^()]+\))?!: |^\W*[Bb]reaking\b|\bBREAKING\b|\b[Bb]ackwards?[ -]incompatib")
"""The exclamation mark of Conventional Commits 1.0.0 (item 13), or words that say that users have to change."""

ISSUE = re.compile(
    rb"(?<![\w&/(])(?<!pull request )(?<!PR )#\d+|\b(?i:gh-|issue ?|bug ?|ticket ?)\d+\b"
    rb"|\b(?!(?:AES|CP|CVE|EC|HTTP|IEC|IEEE|ISO|MD|PEP|RFC|RSA|SHA|TLS|UCS|US|UTF)-)[A-Z][A-Z0-9]{1,9}-[1-9]\d*\b"
)
"""A number of an issue (``#12``, ``GH-12``, ``bug 12``) or the key of a ticket (``ABC-12``). What most often names a
pull request is none: ``Merge pull request #12``, and a number right after a bracket, as squash merges append it."""

HOTFIX = re.compile(rb"\bhot[ -]?fix(?:e[sd]|ing)?\b|\b(?:emergency|urgent)\b", re.IGNORECASE)
"""A hotfix by its name (Driessen, A successful Git branching model, 2010), an emergency, or something urgent."""

WORK_IN_PROGRESS = re.compile(rb"^(?:fixup|squash|amend)! |\bwip\b|\bwork in progress\b", re.IGNORECASE)
"""Says so, or was meant to be folded into another commit by ``git rebase --autosquash``."""

TOOLED_MERGE = re.compile(
    rb"^Merge pull request #\d+|^Merge branch '.+' into '|^Merged? (?:in .+ \(pull request #\d+\)|PR \d+: )"
    rb"|^Pull request #\d+: |^Merge (?:\"|changes? (?:from topic |I[0-9a-f]))"
    rb"|^(?:Auto merge of |Rollup merge of |Merge )#\d+",
    re.DOTALL,
)
"""A merge by a tool of review: GitHub, GitLab, Bitbucket, Azure DevOps, Gerrit, or a merge queue such as bors."""

_ANYTHING = re.compile(rb"")

_FORMS: Mapping[Said, tuple[re.Pattern[bytes], re.Pattern[bytes]]] = {
    Said.CONVENTIONAL: (CONVENTIONAL, _ANYTHING),
    Said.CORRECTIVE: (CORRECTIVE, re.compile(rb"fix|bug|defect|error|fault|regression|patch")),
    Said.REVERT: (REVERT, re.compile(rb"revert")),
    Said.PULL_REQUEST: (PULL_REQUEST, re.compile(rb"\([#!]|merge ")),
    Said.EMPTY: (EMPTY, _ANYTHING),
    Said.FEATURE: (FEATURE, _ANYTHING),
    Said.BREAKING: (BREAKING, re.compile(rb"!: |breaking|backward")),
    Said.ISSUE: (ISSUE, re.compile(rb"[#-]\d|issue|bug|ticket")),
    Said.HOTFIX: (HOTFIX, re.compile(rb"hot|emergency|urgent")),
    Said.WORK_IN_PROGRESS: (WORK_IN_PROGRESS, re.compile(rb"wip|! |in progress")),
    Said.TOOLED_MERGE: (TOOLED_MERGE, re.compile(rb"merge|pull request")),
}
"""What tells each flag, and a quick hint in small letters without which a subject does not have it."""


def said_in(subjects: Sequence[bytes]) -> npt.NDArray[np.int32]:
    """The flags of `Said` of each subject."""
    flags = np.zeros(len(subjects), np.int32)
    # The hints are looked for in all subjects at once: the pass over a history has to keep in step with git.
    text = b"\n".join(subjects).lower()
    begins = np.cumsum([0, *(len(subject) + 1 for subject in subjects)])
    for flag, (form, hint) in _FORMS.items():
        possible: Iterable[int] = range(len(subjects))
        if hint is not _ANYTHING:
            places = [match.start() for match in hint.finditer(text)]
            possible = np.unique(np.searchsorted(begins, places, "right") - 1).tolist()
        flags[[index for index in possible if form.search(subjects[index])]] |= int(flag)
    return flags


def lengths(subjects: Sequence[bytes]) -> npt.NDArray[np.int32]:
    """The characters of each subject; what is no UTF-8 counts one for each byte."""
    return np.array([len(subject.decode("utf-8", "replace")) for subject in subjects], np.int32)
