"""Technology trends: which well-known technologies a project uses, and how its languages and packages change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from fedlore.catalogue.measure import MeasureId
from fedlore.catalogue.technologies import OTHER, Technology, load_technologies, technology_of
from fedlore.observe.evidence import Answer, Evidence, Tree
from fedlore.observe.extents import language_extents
from fedlore.observe.features.answers import portion
from fedlore.observe.features.commits import YEAR
from fedlore.observe.features.declared import declared_at, has_manifest, libraries, libraries_now, newest_time
from fedlore.observe.features.signs import technologies_used
from fedlore.observe.features.sources import written
from fedlore.observe.manifests.constraints import ecosystem_of
from fedlore.observe.naming import written_language

ASKED = ("python", "javascript", "typescript", "go", "rust", "docker", "github_actions", "pytest", "react")
"""The names of the dictionary that the catalogue has a measure for; nothing is said of any other technology."""

_INFRASTRUCTURE = frozenset({"container", "cloud", "ci"})
_LEAST_SHARE_PERCENT = 1


def features(evidence: Evidence) -> dict[MeasureId, Answer]:
    """The measures of `measures/technology_trends.toml` for one project."""
    known = load_technologies()
    used = technologies_used(evidence)
    return {
        **{MeasureId(f"technology.{name}"): Answer(name in used) for name in ASKED},
        MeasureId("technology.cloud"): _any_of_kind("cloud", used, known),
        MeasureId("technology.agents"): _any_of_kind("agent", used, known),
        MeasureId("technology.technologies"): _technologies(used),
        MeasureId("technology.infrastructure_share"): _infrastructure(used, known),
        **_of_languages(evidence),
        **_of_packages(evidence),
        **_of_package_changes(evidence),
    }


def _any_of_kind(kind: str, used: frozenset[str], known: Mapping[str, Technology]) -> Answer:
    count = sum(known[name].kind == kind for name in used)
    return Answer(count > 0, {f"technologies of the kind {kind}": count})


def _technologies(used: frozenset[str]) -> Answer:
    return Answer(float(len(used)) if used else None, {"technologies of the dictionary in use": len(used)})


def _infrastructure(used: frozenset[str], known: Mapping[str, Technology]) -> Answer:
    part = sum(known[name].kind in _INFRASTRUCTURE for name in used)
    return portion("containers, clouds and continuous integration", part, "technologies in use", len(used))


def _of_languages(evidence: Evidence) -> dict[MeasureId, Answer]:
    lines = _lines(evidence.tree)
    total, most = sum(lines.values()), max(lines.values(), default=0)
    several = sum(count * 100 >= total * _LEAST_SHARE_PERCENT for count in lines.values())
    counted = {"languages with at least 1 % of the lines": several, "lines of code": total}
    return {
        MeasureId("technology.languages"): Answer(float(several) if total else None, counted),
        MeasureId("technology.main_language_share"): portion("lines in one language", most, "lines of code", total),
        MeasureId("technology.language_shift"): _language_shift(evidence),
    }


def _lines(tree: Tree) -> Counter[str]:
    """Lines of code by language; TypeScript with JSX counts as TypeScript."""
    lines: Counter[str] = Counter()
    for file in written(tree):
        lines[written_language(file.language)] += file.lines
    return lines


def _language_shift(evidence: Evidence) -> Answer:
    """Half the sum of the differences between the languages' shares: the total variation distance."""
    end = newest_time(evidence)
    if end is None or evidence.history.at_cut.any():
        return Answer(None)
    extents = language_extents(evidence.history)
    before, now = extents.at(end - YEAR), extents.at(end)
    files_before, files_now = sum(before.values()), sum(now.values())
    counted = {"source files a year ago": files_before, "source files now": files_now}
    if not files_before or not files_now:
        return Answer(None, counted)
    # Over one denominator, so that the sum is exact whatever the order.
    moved = sum(
        abs(before.get(name, 0) * files_now - now.get(name, 0) * files_before) for name in before.keys() | now.keys()
    )
    return Answer(moved / (2 * files_before * files_now), counted)


def _of_packages(evidence: Evidence) -> dict[MeasureId, Answer]:
    now = libraries_now(evidence)
    count = len(now)
    is_known = bool(now) or has_manifest(evidence.tree)
    ecosystems = len({ecosystem_of(package) for package in now})
    others = sum(technology_of(package) == OTHER for package in now)
    current = [span for span in libraries(evidence) if span.last is None]
    pinned = sum(span.pinned for span in current)
    return {
        MeasureId("technology.dependencies"): Answer(float(count) if is_known else None, {"packages declared": count}),
        MeasureId("technology.ecosystems"): Answer(float(ecosystems) if now else None, {"ecosystems": ecosystems}),
        MeasureId("technology.other_share"): portion(
            "packages outside of the dictionary", others, "packages declared", count
        ),
        MeasureId("technology.pinned_share"): portion("packages pinned", pinned, "packages declared", len(current)),
    }


def _of_package_changes(evidence: Evidence) -> dict[MeasureId, Answer]:
    """The last year's changes against the packages declared a year before the newest commit."""
    end = newest_time(evidence) or 0
    # What had been declared before, and was dropped, a shallow clone does not show.
    spans = [] if evidence.history.at_cut.any() else libraries(evidence)
    before, now = declared_at(spans, end - YEAR), declared_at(spans, end)
    taken_up = sum(span.first > end - YEAR for span in now)
    dropped = len(set(before) - set(now))
    whole = ("packages declared a year ago", len(before))
    return {
        MeasureId("technology.adoption_rate"): portion("packages taken up since and still there", taken_up, *whole),
        MeasureId("technology.drop_rate"): portion("packages dropped since", dropped, *whole),
        MeasureId("technology.dependency_growth"): portion("packages declared now", len(now), *whole),
    }
