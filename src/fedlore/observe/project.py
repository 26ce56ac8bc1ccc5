"""Observe repositories in one process: open, read trees together, read each history, compute the features."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pygit2

from fedlore.catalogue.measure import MeasureId
from fedlore.counting import counted
from fedlore.observe.around import Around, all_around
from fedlore.observe.artefacts.planning import planning_of, planning_revisions
from fedlore.observe.cache import FactCache, Key, fact_cache
from fedlore.observe.command import RepositoryError
from fedlore.observe.dependencies import manifest_revisions, package_spans, revision_notes
from fedlore.observe.evidence import Answer, Churn, Evidence, Features, History, Labels, Tree, Value
from fedlore.observe.facts import Facts
from fedlore.observe.features import (
    adoption,
    architecture,
    code,
    code_smells,
    collaboration,
    communication,
    decisions,
    methodology,
    process,
    skills,
    stories,
    success,
    team,
    technology,
    templates,
    timeline,
    tools,
    workflow,
)
from fedlore.observe.features.commits import DAY, human_commits, newest
from fedlore.observe.history.churn import count_churn
from fedlore.observe.history.git import read_history
from fedlore.observe.history.until import until
from fedlore.observe.imports.resolve import imports_of
from fedlore.observe.naming import written_language
from fedlore.observe.onsets import onsets
from fedlore.observe.opening import OpenedRepository, opened
from fedlore.observe.owner.organisation import Organisation
from fedlore.observe.owner.teams import team_of
from fedlore.observe.references import printable
from fedlore.observe.report.series import Series, series_of
from fedlore.observe.source import rules_version
from fedlore.observe.stream import Limits
from fedlore.observe.tree import Listing, TreeLimits, list_files
from fedlore.observe.trees import Choice, assemble, choose_files, older_versions, read_blobs

_DOMAINS: tuple[Callable[[Evidence], Mapping[MeasureId, Value | Answer]], ...] = (
    code.features,
    architecture.features,
    workflow.features,
    stories.features,
    collaboration.features,
    success.features,
    adoption.features,
    team.features,
    timeline.features,
    code_smells.features,
    process.features,
    communication.features,
    decisions.features,
    technology.features,
    methodology.features,
    tools.features,
    skills.features,
)
_MONTH_SECONDS = 30 * DAY
MOST_ORIGINS = 100


@dataclass(frozen=True, slots=True)
class Observed:
    """What one repository told, or the sentence that says why it told nothing.

    ``notes`` are sentences about what was not read; ``months`` is the age from the oldest to the newest commit in
    months of 30 days, rounded up; ``languages`` are those of the source files at HEAD, most lines of code first. All
    of it is the owner's; only ``features``, the values of ``answers`` and the counts of code templates,
    is ever encoded. ``head`` is the commit id of HEAD, ``origins`` those of commits without a parent here, which stay
    as the history grows and others are merged into it (the oldest first, `MOST_ORIGINS` of them; of a shallow clone
    also the path, for where it ends may move); each empty where it cannot be read. ``newest`` is when the newest human
    commit landed (Unix seconds), ``silent_days`` are those from its day to the one looked back from. ``series`` are
    those of `report.series`, ``around`` the months around the onset of each practice, ``team`` the team's name.
    """

    path: Path
    features: Features | None
    error: str | None = None
    notes: tuple[str, ...] = ()
    commits: int = 0
    months: int = 0
    newest: int | None = None
    silent_days: int | None = None
    languages: tuple[str, ...] = ()
    head: str = ""
    origins: tuple[str, ...] = ()
    answers: Mapping[MeasureId, Answer] = field(default_factory=dict)
    series: Mapping[str, Series] = field(default_factory=dict)
    around: tuple[Around, ...] = ()
    team: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What the organisation itself says of its repositories: its settings, and the labels of this one."""

    organisation: Organisation = field(default_factory=Organisation)
    labels: Labels = field(default_factory=Labels)


@dataclass(frozen=True, slots=True)
class _Begun:
    """A repository whose blobs are still to be read."""

    repository: OpenedRepository
    listing: Listing
    choice: Choice
    history: History
    churn: Churn
    older: frozenset[Key]
    notes: tuple[str, ...]

    @property
    def keys(self) -> frozenset[Key]:
        """Every blob that has to be read: the files at HEAD, and the versions of those that are followed in time."""
        return self.choice.keys | self.older


def answers_of(evidence: Evidence) -> dict[MeasureId, Answer]:
    """An answer for every measure of the catalogue."""
    found: dict[MeasureId, Answer] = {}
    for features in _DOMAINS:
        for measure, answer in features(evidence).items():
            found[measure] = answer if isinstance(answer, Answer) else Answer(answer)
    return found


def observe_project(
    path: Path,
    *,
    as_of: int,
    cache: Path | None = None,
    limits: Limits | None = None,
    tree_limits: TreeLimits | None = None,
) -> Observed:
    """Observe one repository; see `observe_together`."""
    return observe_together([path], as_of=as_of, cache=cache, limits=limits, tree_limits=tree_limits)[0]


def observe_together(
    paths: Sequence[Path],
    *,
    as_of: int,
    cache: Path | None = None,
    limits: Limits | None = None,
    tree_limits: TreeLimits | None = None,
    told: Mapping[Path, Told] | None = None,
) -> list[Observed]:
    """Observe a few repositories in this process, in their order.

    ``as_of`` is the Unix time that outcomes look back from, ``cache`` the SQLite file that remembers what was read,
    ``told`` what the organisation says of some of the repositories. A repository that cannot be read has an ``error``
    and no features. Raises `ToolError` if git, scc or the parser does not run.
    """
    bounds = tree_limits or TreeLimits()
    results: dict[int, Observed] = {}
    begun: dict[int, _Begun] = {}
    with ExitStack() as stack, fact_cache(cache, rules_version()) as known:
        for index, path in enumerate(paths):
            head = ""
            try:
                repository = stack.enter_context(opened(path))
                head = repository.head
                begun[index] = _begin(repository, known, bounds, limits)
            except (RepositoryError, OSError, KeyError, pygit2.GitError) as error:
                results[index] = Observed(path, None, _sentence(error), head=head)
        facts = read_blobs([(one.repository.repository, one.keys) for one in begun.values()], known, bounds)
        for (index, one), found in zip(begun.items(), facts, strict=True):
            path = paths[index]
            results[index] = _finish(path, one, found, as_of, (told or {}).get(path, Told()))
    return [results[index] for index in range(len(paths))]


def _begin(repository: OpenedRepository, cache: FactCache, bounds: TreeLimits, limits: Limits | None) -> _Begun:
    listing = list_files(repository.repository, repository.head, bounds)
    begun = time.monotonic()
    history, notes = read_history(repository, limits, cache)
    churn, uncounted = count_churn(repository, history, cache, limits, begun)
    followed = manifest_revisions(history) | planning_revisions(history)
    older, left_out = older_versions(repository.repository, followed, bounds)
    notes = (*notes, *uncounted, *left_out)
    return _Begun(repository, listing, choose_files(listing, bounds), history, churn, older, notes)


def _finish(path: Path, begun: _Begun, facts: Mapping[Key, Facts], as_of: int, told: Told) -> Observed:
    history, churn, later = until(begun.history, begun.churn, as_of)
    read = assemble(begun.listing, begun.choice, facts)
    planning, unplanned = planning_of(read.tree.files, history, facts)
    imports = imports_of(read.tree.files)
    notes = (*begun.repository.notes, *read.notes, *begun.notes, *revision_notes(history), *unplanned, *imports.notes)
    if later:
        commits = counted(later, "commits")
        notes += (f"Not counted: {commits} after the day asked for; the files are those of HEAD.",)
    notes = tuple(dict.fromkeys(printable(note) for note in notes))
    evidence = Evidence(
        history,
        read.tree,
        as_of,
        notes,
        churn=churn,
        imports=imports.edges,
        packages=package_spans(history, facts, read.tree.files),
        planning=planning,
        labels=told.labels,
    )
    answers, last = answers_of(evidence), newest(history, human_commits(history))
    return Observed(
        path,
        {measure: answer.value for measure, answer in answers.items()} | templates.held(read.tree),
        notes=notes,
        commits=history.commits,
        months=_months(history),
        newest=last,
        silent_days=None if last is None else max(0, as_of // DAY - last // DAY),
        languages=_languages(read.tree),
        head=begun.repository.head,
        origins=_origins(begun.history, path),
        answers=answers,
        series=series_of(evidence),
        around=all_around(evidence, onsets(evidence)),
        team=team_of(path, told.organisation, begun.repository.repository, read.tree.files),
    )


def _origins(history: History, path: Path) -> tuple[str, ...]:
    oldest = np.flatnonzero((history.parents == 0) | history.at_cut)[::-1][:MOST_ORIGINS]
    found = tuple(history.commit[row].tobytes().hex() for row in oldest)
    return (*found, str(path)) if history.at_cut.any() else found


def _months(history: History) -> int:
    times = history.commit_time
    return int(-(-(int(times.max()) - int(times.min())) // _MONTH_SECONDS)) if len(times) else 0


def _languages(tree: Tree) -> tuple[str, ...]:
    lines: Counter[str] = Counter()
    for file in tree.files:
        if file.language:
            lines[written_language(file.language)] += file.lines
    return tuple(sorted(lines, key=lambda language: (-lines[language], language)))


def _sentence(error: Exception) -> str:
    return printable(str(error) if isinstance(error, RepositoryError) else f"the repository cannot be read: {error}")
