"""Technology adoption: whether what a project took up is still there, how far it got, and how it is kept up to date."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import numpy as np

from fedlore.catalogue.measure import MeasureId
from fedlore.observe.evidence import Answer, Evidence, History, PackageSpan
from fedlore.observe.extents import Extents, language_extents
from fedlore.observe.features.answers import portion
from fedlore.observe.features.commits import DAY, YEAR
from fedlore.observe.features.declared import libraries, libraries_now, newest_time
from fedlore.observe.features.signs import technologies_shown
from fedlore.observe.features.sources import code_lines, production, written
from fedlore.observe.features.usage import users
from fedlore.observe.intervals import median_ends, rate_interval

_MONTH = 30 * DAY
_TRIAL = 90 * DAY
_LEAST_FILES = 10


def features(evidence: Evidence) -> dict[MeasureId, Answer]:
    """The measures of `measures/technology_adoption_success.toml` for one project."""
    return {
        MeasureId("adoption.typescript_share"): _typescript_share(evidence),
        MeasureId("adoption.spread"): _spread(evidence),
        **{MeasureId(f"adoption.{name}"): answer for name, answer in _through_time(evidence).items()},
    }


def _through_time(evidence: Evidence) -> dict[str, Answer]:
    """What asks when something was taken up; a shallow clone does not tell that of anything."""
    end = newest_time(evidence)
    spans = libraries(evidence)
    now = [span for span in spans if span.last is None]
    answers = {
        "kept": _kept(evidence, end),
        "packages_kept": _packages_kept(spans, end),
        "new_packages": _new_packages(spans, end),
        "short_trials": _short_trials(spans),
        "returned": _returned(spans),
        "lifetime": _lifetime(spans),
        "package_age": _median_age([span.first for span in now], end),
        "constraint_age": _median_age([span.changed for span in now], end),
        "constraint_changes": _constraint_changes(now, end),
        "time_to_half": _time_to_half(language_extents(evidence.history), evidence.history),
    }
    return dict.fromkeys(answers, Answer(None)) if evidence.history.at_cut.any() else answers


def _kept(evidence: Evidence, end: int | None) -> Answer:
    history = evidence.history
    if end is None or not history.paths:
        return Answer(None)
    first = np.full(len(history.paths), np.iinfo(np.int64).max)
    np.minimum.at(first, history.changed_path, history.commit_time[history.changed_commit])
    old = [path for path, time in zip(history.paths, first.tolist(), strict=True) if time <= end - YEAR]
    adopted = technologies_shown(old)
    kept = adopted & technologies_shown(evidence.tree.paths)
    return portion("technologies that files still show", len(kept), "technologies shown a year ago", len(adopted))


def _typescript_share(evidence: Evidence) -> Answer:
    main = production(evidence.tree)
    typed = code_lines(file for file in main if file.language in {"typescript", "tsx"})
    untyped = code_lines(file for file in main if file.language == "javascript")
    return portion("lines of TypeScript", typed, "lines of TypeScript and JavaScript", typed + untyped)


def _packages_kept(spans: Sequence[PackageSpan], end: int | None) -> Answer:
    old = [span for span in spans if end is not None and span.first <= end - YEAR]
    kept = [span for span in old if span.last is None or span.last - span.first >= YEAR]
    return portion("packages declared for a year", len(kept), "packages taken up more than a year ago", len(old))


def _new_packages(spans: Sequence[PackageSpan], end: int | None) -> Answer:
    """Absent without any package: a project without manifests takes up nothing that could be counted."""
    if not spans or end is None:
        return Answer(None)
    new = sum(span.first > end - YEAR for span in spans)
    because = {"packages first declared in the last year": new}
    return Answer(float(new), because, interval=rate_interval(new, 1))


def _short_trials(spans: Sequence[PackageSpan]) -> Answer:
    lifetimes = _lifetimes(spans)
    short = sum(lifetime < _TRIAL for lifetime in lifetimes)
    return portion("packages dropped within 90 days", short, "packages dropped", len(lifetimes))


def _returned(spans: Sequence[PackageSpan]) -> Answer:
    returned = sum(span.returns > 0 for span in spans)
    dropped = sum(span.returns > 0 or span.last is not None for span in spans)
    return portion("packages that came back", returned, "packages that were ever dropped", dropped)


def _lifetime(spans: Sequence[PackageSpan]) -> Answer:
    lifetimes = _lifetimes(spans)
    if not lifetimes:
        return Answer(None)
    months = max(0.0, median(lifetimes) / _MONTH)
    because = {"packages dropped": len(lifetimes), "median months that they were declared": months}
    return Answer(months, because, interval=median_ends(lifetimes, _MONTH))


def _lifetimes(spans: Sequence[PackageSpan]) -> list[int]:
    """How long those packages were declared that no longer are, in seconds."""
    return [span.last - span.first for span in spans if span.last is not None]


def _median_age(times: Sequence[int], end: int | None) -> Answer:
    if not times or end is None:
        return Answer(None)
    years = max(0.0, float(end - median(times)) / YEAR)
    because = {"packages declared": len(times), "median years": years}
    return Answer(years, because, interval=median_ends([end - time for time in times], YEAR))


def _constraint_changes(now: Sequence[PackageSpan], end: int | None) -> Answer:
    years = sum(end - span.first for span in now) / YEAR if end is not None else 0.0
    if years < 1:
        return Answer(None)
    changes = sum(span.changes for span in now)
    because = {"changes of constraints": changes, "years that packages are declared": years}
    return Answer(changes / years, because, interval=rate_interval(changes, years))


def _spread(evidence: Evidence) -> Answer:
    used = users(libraries_now(evidence), written(evidence.tree))
    if not used:
        return Answer(None)
    shares = [files / whole for files, whole in used.values()]
    share = float(median(shares))
    because = {"packages that a file imports": len(used), "median share of files": share}
    return Answer(share, because, interval=median_ends(shares))


def _time_to_half(extents: Extents, history: History) -> Answer:
    months: list[float] = []
    begin = int(history.commit_time.min()) + _TRIAL if history.commits else 0
    for name in extents.names:
        times, files = extents.since(name)
        if len(files) and files[-1] >= _LEAST_FILES and times[0] > begin:
            half = int(np.argmax(files * 2 >= files[-1]))
            months.append(float(times[half] - times[0]) / _MONTH)
    if not months:
        return Answer(None)
    because = {"languages taken up later": len(months), "median months": median(months)}
    return Answer(float(median(months)), because, interval=median_ends(months))
