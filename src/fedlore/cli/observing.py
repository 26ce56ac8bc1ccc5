"""What `observe` does: read the repositories, make the report, and print or write it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import RenderableType

from fedlore.catalogue.load import domains_of, load_catalogue
from fedlore.catalogue.measure import DOMAINS, Measure
from fedlore.cli.common import emit, find_repositories, progress_bars, warn
from fedlore.cli.tables import console
from fedlore.federation.home import Home
from fedlore.observe.command import RepositoryError
from fedlore.observe.project import Observed
from fedlore.observe.projects import observe_projects
from fedlore.observe.report.build import report_of
from fedlore.observe.report.explain import explanation_as_dict, explanation_text
from fedlore.observe.report.html import html_of
from fedlore.observe.report.model import Report
from fedlore.observe.report.plain import report_as_dict
from fedlore.observe.report.text import text_of
from fedlore.observe.workers import Backend

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Wish:
    """The command's options."""

    folders: Sequence[Path]
    html: Path | None
    explain: str | None
    learning_type: str | None
    jobs: int | None
    backend: str
    as_of: datetime | None
    no_cache: bool
    form: str


def observe(wish: Wish) -> None:
    """Read the repositories and show the report, or the explanation of one measure.

    Raises `RepositoryError` if there is no repository, or none that can be read.
    """
    catalogue = load_catalogue()
    if wish.explain is not None and (wish.html is not None or wish.learning_type is not None):
        raise click.UsageError("--explain shows one measure: it goes with neither --html nor --domain")
    measure = catalogue[wish.explain] if wish.explain is not None else None
    domains = domains_of(wish.learning_type) if wish.learning_type is not None else DOMAINS
    if wish.html is not None and not wish.html.resolve().parent.is_dir():
        raise click.BadParameter(f"there is no folder {wish.html.parent}", param_hint="--html")
    as_of = _day(wish.as_of)
    observed = _read(wish, as_of)
    if measure is not None:
        _explain(wish, measure, observed)
        return
    report = report_of(observed, catalogue, as_of, domains)
    if wish.html is not None:
        wish.html.write_text(html_of(report), "utf-8")
    _show(wish, report)


def _day(chosen: datetime | None) -> int:
    now = int(time.time()) if chosen is None else int(chosen.replace(tzinfo=UTC).timestamp())
    if now < 0:
        raise click.BadParameter("a day from 1970-01-01 on", param_hint="--as-of")
    return now // _DAY * _DAY


def _read(wish: Wish, as_of: int) -> list[Observed]:
    paths = [path for folder in wish.folders for path in find_repositories(folder.resolve())]
    cache = None if wish.no_cache else Home.default().alone / "cache.sqlite"
    with progress_bars() as (looked, _):
        looked(0, len(paths))
        backend: Backend = "ray" if wish.backend == "ray" else "processes"
        observed = observe_projects(paths, as_of=as_of, cache=cache, jobs=wish.jobs, progress=looked, backend=backend)
    if not any(item.features is not None for item in observed):
        raise RepositoryError(f"{observed[0].path}: {observed[0].error}")
    return observed


def _show(wish: Wish, report: Report) -> None:
    warn(f"{item.path}: {item.reason}" for item in report.unread)
    every = wish.learning_type is not None
    emit(wish.form, "observe", report_as_dict(report), lambda: _print(text_of(report, every_measure=every)))
    if wish.html is not None:
        click.echo(f"wrote {wish.html}", err=True)


def _explain(wish: Wish, measure: Measure, observed: Sequence[Observed]) -> None:
    seen = [item for item in observed if item.features is not None]
    payload = explanation_as_dict(measure, seen)
    emit(wish.form, "observe.explain", payload, lambda: _print(explanation_text(measure, seen)))


def _print(parts: Iterable[RenderableType]) -> None:
    out = console()
    for part in parts:
        out.print(part)
