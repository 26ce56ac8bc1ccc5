"""How much of what the rules find the dictionary of code templates covers, and how often a round shows what it should.

The repositories are this project's own; ``FEDLORE_BENCH_REPOSITORIES`` names others, divided by colons.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pygit2

from bench.row import Row, value
from fedlore.catalogue.load import load_catalogue
from fedlore.catalogue.measure import MeasureId
from fedlore.catalogue.plan import Plan
from fedlore.catalogue.presets import least_honest
from fedlore.catalogue.templates import load_templates
from fedlore.learn.examples import widely_held
from fedlore.learn.sums import Sums
from fedlore.observe.naming import is_test, language_of, written_language
from fedlore.observe.opening import opened
from fedlore.observe.source import examine_source
from fedlore.privacy.planner import plan_round
from fedlore.privacy.questions import Request
from fedlore.privacy.shares import noise_share

_LARGEST = 400_000
_MOST_FILES = 1_500
_ROUNDS = 4_000
_ASKED = MeasureId("code.swallowed_errors")
Rule = tuple[str, str]


def run() -> list[Row]:
    given = os.environ.get("FEDLORE_BENCH_REPOSITORIES")
    paths = [Path(path) for path in given.split(":")] if given else [Path(__file__).resolve().parents[1]]
    findings, covered = Counter[Rule](), Counter[Rule]()
    for path in paths:
        _count(path, findings, covered)
    rows = [
        value(
            f"findings covered, {language} {rule}, of {findings[language, rule]}",
            covered[language, rule] / number,
            low=0.0,
        )
        for (language, rule), number in sorted(findings.items())
    ]
    whole = covered.total() / max(findings.total(), 1)
    return [
        *rows,
        value(f"findings covered in all, of {findings.total()}", whole, low=0.4),
        *(row for members, epsilon in ((6, 4.0), (8, 4.0), (12, 2.0), (12, 4.0)) for row in _shown(members, epsilon)),
    ]


def _count(path: Path, findings: Counter[Rule], covered: Counter[Rule]) -> None:
    known = load_templates()
    with opened(path) as repository:
        tree = repository.repository[repository.head].tree
        for number, (language, data) in enumerate(_sources(repository.repository, tree)):
            if number >= _MOST_FILES:
                break
            for name, count in examine_source(data, language).counts.items():
                if name in known.measures:
                    findings[written_language(language), name] += count
                elif name in known.entries:
                    template = known.entries[MeasureId(name)]
                    covered[template.language, template.rule] += count


def _sources(repository: pygit2.Repository, tree: pygit2.Tree, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    """The source files outside of tests of those languages that have templates."""
    for entry in tree:
        name = f"{prefix}{entry.name}"
        if isinstance(entry, pygit2.Tree):
            yield from _sources(repository, entry, f"{name}/")
        elif isinstance(entry, pygit2.Blob) and entry.size < _LARGEST:
            language = language_of(name.encode())
            has_templates = written_language(language) in load_templates().alphabets
            if has_templates and not is_test(name.encode(), language):
                yield language, entry.data


def _shown(members: int, epsilon: float) -> list[Row]:
    """How often a template is shown that all members hold, and one that one member too few holds."""
    catalogue, honest = load_catalogue(), least_honest(members)
    request = Request(
        "bench",
        "bench",
        "code_anti_patterns",
        *(0, round(epsilon * 1e6), 10**9, members, 5 * members, honest),
        min_cohort=min(members, 5),
        measures=(_ASKED,),
        max_examples=1,
    )
    plan = plan_round(request, catalogue).plan
    everybody, too_few = (_rate(plan, members, holders) for holders in (members, plan.min_holders - 1))
    words = f"of {members} members at epsilon {epsilon:g}"
    return [
        value(f"shown: held by all {words}", everybody, low=0.5),
        value(f"shown: held by {plan.min_holders - 1} {words}", too_few, high=0.025),
    ]


def _rate(plan: Plan, members: int, holders: int) -> float:
    place = len(plan.slots) - len(plan.templates)
    drawn = [
        noise_share(plan.mechanism, plan.noise_scale, plan.least_honest, _ROUNDS, os.urandom) for _ in range(members)
    ]
    shown = 0
    for noise in np.sum(drawn, axis=0):
        lattice = np.zeros(len(plan.slots), np.int64)
        lattice[place] = holders * plan.scale + noise
        shown += any(
            held.template == plan.templates[0] for held in widely_held(Sums.from_release(plan, lattice, members))
        )
    return shown / _ROUNDS
