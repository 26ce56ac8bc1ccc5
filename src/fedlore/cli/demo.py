"""`demo`: the whole path on generated organisations, and what was learned beside the truth."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fedlore.cli.common import emit, format_option, progress_bars

if TYPE_CHECKING:
    from fedlore.demo.compare import Comparison
    from fedlore.demo.repositories import World
    from fedlore.federation.machine import Machine

ORGANISATIONS, PROJECTS, EPSILON, DELTA = 12, 1200, 1.0, 1e-5


@click.command()
@click.option("--projects", type=click.IntRange(60), default=PROJECTS, show_default=True, help="How many to generate.")
@click.option("--keep", type=click.Path(path_type=Path), help="Keep the repositories and the state in this new folder.")
@format_option
def command(projects: int, keep: Path | None, form: str) -> None:
    """Generate twelve organisations, let them learn from one another, and show what they learned beside the truth."""
    if keep is not None and keep.exists():
        raise click.BadParameter(f"{keep} exists already", param_hint="--keep")
    folder = Path(tempfile.mkdtemp(prefix="fedlore-demo-")) if keep is None else keep
    try:
        _run(folder.resolve(), projects, form)
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def _run(folder: Path, projects: int, form: str) -> None:
    import numpy as np

    from fedlore.catalogue.measure import MeasureId
    from fedlore.demo.compare import bits_agree, compare
    from fedlore.demo.population import OUTCOMES, PRACTICES, draw_truth
    from fedlore.demo.repositories import generate
    from fedlore.federation.home import Home
    from fedlore.federation.machine import Machine, readable
    from fedlore.federation.messages import Release
    from fedlore.federation.running import Ask, Rounds
    from fedlore.learn.statement import Statement

    began = time.monotonic()
    rng = np.random.default_rng()
    truth = draw_truth(rng, PRACTICES, OUTCOMES)
    with progress_bars() as (looked, told):
        machine = Machine(Home(folder / "home"), looking=looked)
        rounds = Rounds(machine, progress=told)
        _tell(form, f"generating {ORGANISATIONS} organisations with {projects} git repositories ...")
        world = generate(
            folder / "organisations",
            truth,
            organisations=ORGANISATIONS,
            projects=projects,
            as_of=machine.today(),
            rng=rng,
            progress=lambda done, of: told("generating repositories", done, of),
        )
        made = time.monotonic()
        federation_id = _federation(machine, world, form)
        looked_at = time.monotonic()
        names = tuple(MeasureId(name) for name in (*truth.practices, *truth.outcomes))
        ask = Ask("pattern_aggregation", EPSILON, DELTA, measures=names)
        planned = rounds.plan(federation_id, ask)
        _tell(form, f"one round at epsilon {EPSILON:g}, delta {DELTA:g}: pay, noise, mask, add up, open the sum ...")
        release = Release.verified(rounds.run(federation_id, ask, planned), machine.coordinator.public_key)
        features = readable(machine.observed(federation_id, list(world.organisations)))
        row_of = {path: row for row, path in enumerate(world.paths)}
        rows = [row_of[path] for name in world.organisations for path in machine.paths(federation_id, name)]
    said = [Statement.from_dict(table) for table in release.statements]
    agreed = bits_agree(world.bits[rows], np.array([[bool(project[name]) for name in names] for project in features]))
    comparison = compare(truth, said)
    seconds = {
        "generate": made - began,
        "observe": looked_at - made,
        "round": time.monotonic() - looked_at,
    }
    spent = machine.coordinator.spent(federation_id)
    payload: dict[str, Any] = {
        "epsilon_spent": spent.committed_epsilon_micro / 1e6,
        "delta_spent": spent.committed_delta_e15 / 1e15,
        "projects": projects,
        "organisations": ORGANISATIONS,
        "least_honest": planned.plan.least_honest,
        "bits_read_as_planted": agreed,
        "seconds": seconds,
        "found": len(comparison.found),
        "planted": len(comparison.planted),
        "false_discoveries": len(comparison.false_discoveries),
        "nulls": len(comparison.nulls),
        "intervals_that_cover": len(comparison.covered),
        "intervals": len(comparison.asked),
        "statements": [statement.as_dict() for statement in said],
        "truth": truth.as_dict(),
    }
    emit(form, "demo", payload, lambda: _show(comparison, payload))


def _federation(machine: Machine, world: World, form: str) -> str:
    """Create the demo's federation and let every organisation read its own repositories and join."""
    from dataclasses import replace

    from fedlore.catalogue.presets import PRESETS
    from fedlore.federation.policy import policy_of
    from fedlore.federation.terms import terms_of

    terms = replace(terms_of(PRESETS["high"]), level="demo")
    federation_id = machine.create(terms, list(world.organisations))
    _tell(form, "each organisation reads its own repositories ...")
    for name, paths in world.organisations.items():
        joining = machine.join(federation_id, name, paths, policy=policy_of(terms))
        if joining.reasons:
            raise click.ClickException(f"{name} cannot join: {'; '.join(joining.reasons)}")
    return federation_id


def _tell(form: str, words: str) -> None:
    click.echo(words, err=form == "json")


def _show(comparison: Comparison, payload: dict[str, Any]) -> None:
    from fedlore.cli.tables import console
    from fedlore.demo.report import print_report

    seconds = payload["seconds"]
    click.echo(
        f"spent: epsilon {payload['epsilon_spent']:g}, delta {payload['delta_spent']:g}, once, in every member's own "
        f"ledger; noise calibrated to {payload['least_honest']} of {ORGANISATIONS} honest members"
    )
    click.echo(
        f"practices and outcomes read from the git histories as planted: {payload['bits_read_as_planted']:.2%}; "
        f"seconds: generating {seconds['generate']:.0f}, reading {seconds['observe']:.0f}, round {seconds['round']:.1f}"
    )
    print_report(console(), comparison, COMMANDS)


COMMANDS = (
    'fedlore federation create --participants "team1,team2,team3,team4,team5" --privacy-level standard',
    "fedlore federation join --consortium-id ID --organization team1 --repositories TEAMS/team1   # and the others",
    "fedlore learn patterns --cross-project --dry-run",
    "fedlore learn patterns --cross-project",
    "fedlore insights patterns --global",
    "fedlore learn patterns   # in a folder of repositories, without any federation: exact, and nothing leaves",
)
