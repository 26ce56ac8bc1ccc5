"""Which files are artefacts of planned work, by path alone: the BMAD method's file names, wherever they lie."""

from __future__ import annotations

import re

from fedlore.observe.naming import is_by_others

SPRINT = "bmad-sprint"
STORY = "bmad-story"
RETROSPECTIVE = "bmad-retrospective"
SPECIFICATION = "bmad-specification"
EPICS = "bmad-epics"
REQUIREMENTS = "bmad-prd"
ARCHITECTURE = "bmad-architecture"
CONFIGURATION = "bmad-configuration"

_INSTALLED = frozenset(b"_bmad .bmad bmad .bmad-core bmad-core".split())
"""Folders that hold the method itself: its templates bear the names of what they are templates for."""

_NOT_WORK = _INSTALLED | frozenset(
    b".agent .agents .claude .codex .cursor .gemini .github .kiro .opencode .roo .windsurf "
    b"test tests __tests__ testdata fixtures template templates examples".split()
)
_CONFIGURATION = re.compile(
    rb"(?:_?bmad|\.bmad)/(?:(?:custom/)?config\.toml|(?:bmm|core)/config\.yaml)|\.?bmad-core/core-config\.yaml"
)
_NUMBER = rb"\d{1,3}[a-z]?"
_FORMS = (
    (SPRINT, re.compile(rb"sprint[-_]?status[\w.-]*\.ya?ml")),
    (
        RETROSPECTIVE,
        re.compile(
            # The last run of characters that names have; in it the first epic, and after that the first "retro".
            rb"(?>(?:.*[^\w.\n-])?)(?>[\w.-]*?(?:\A|(?<=[-_.]))epic[-_]?\d)(?>[\w.-]*?[-_.]retro)[\w.-]*+(?<=\.md)"
            rb"|retro[a-z]*[-_.]epic[-_]?\d.*\.md"
        ),
    ),
    (EPICS, re.compile(rb"epics(?:[-_][\w.-]+)?\.md|epic-list\.md|epic[-_]%s(?:[-_.][\w.-]+)?\.md" % _NUMBER)),
    (SPECIFICATION, re.compile(rb"stories\.ya?ml")),
    (REQUIREMENTS, re.compile(rb"(?:[\w.-]+[-_])?prd(?:[-_]v?[\d.]+)?\.md")),
    (ARCHITECTURE, re.compile(rb"(?:[\w.-]+[-_])?architecture(?:[-_]decisions?)?\.md|architecture-spine\.md")),
    (
        STORY,
        re.compile(rb"(?:(?:story|spec|[a-z]{2,4})[-_.])?%s[-_.]%s(?:[-_.][\w.-]+)?\.md" % (_NUMBER, _NUMBER)),
    ),
)
_NUMBERED = re.compile(rb"%s[-_.][a-z][\w.-]*\.md" % _NUMBER)
"""A story of a specification folder, which has a number of its own and no epic's."""


def artefact_kind(path: bytes) -> str:
    """The kind of artefact that a path names; ``""`` for all other files.

    Sources: the BMAD method's own names (version 6 for ``_bmad-output/``, alpha for ``docs/sprint-artifacts/``, version
    4 for ``docs/stories/1.2.name.md``) and the forms that its users give them. Files of the method itself, of tests and
    of coding agents are none. Whether an artefact lies where a project keeps its own is asked later
    (`placing.is_placed`), since only the project's configuration tells.
    """
    lowered = path.lower()
    if _CONFIGURATION.fullmatch(lowered):
        return CONFIGURATION
    *folders, name = lowered.split(b"/")
    if not name.endswith((b".md", b".yaml", b".yml")) or not _NOT_WORK.isdisjoint(folders) or is_by_others(path):
        return ""
    if folders and folders[-1] == b"stories" and _NUMBERED.fullmatch(name):
        return STORY
    return next((kind for kind, form in _FORMS if form.fullmatch(name)), "")
