"""`learn patterns`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fedlore.cli.common import (
    budget,
    consortium_option,
    current_organization,
    emit,
    find_repositories,
    format_option,
    organization_option,
    progress_bars,
)

if TYPE_CHECKING:
    from fedlore.contribute.preview import Preview
    from fedlore.federation.machine import Machine
    from fedlore.federation.running import Rounds
    from fedlore.learn.statement import Statement
    from fedlore.privacy.planner import Planned

TYPE = "pattern_aggregation"


@click.group()
def command() -> None:
    """Learn from projects: your own exactly, everybody's privately."""


@command.command()
@click.option(
    "--cross-project", is_flag=True, help="Over all members' projects, privately; without it over your own, exactly."
)
@click.option(
    "--privacy-budget", help="What this round spends, as epsilon=1.0,delta=1e-5; default: the privacy level's."
)
@click.option("--type", "learning_type", default=TYPE, show_default=True, help="A domain or a group of domains.")
@click.option("--dry-run", is_flag=True, help="Show what would be asked and what would leave; spend nothing.")
@consortium_option
@organization_option
@format_option
def patterns(
    cross_project: bool,
    privacy_budget: str | None,
    learning_type: str,
    dry_run: bool,
    consortium_id: str | None,
    organization: str | None,
    form: str,
) -> int:
    """Learn which practices are common and which go with success."""
    from fedlore.catalogue.load import domains_of

    domains_of(learning_type)
    with progress_bars() as (looked, told):
        from fedlore.federation.machine import Machine
        from fedlore.federation.running import Rounds

        machine = Machine(looking=looked)
        if not cross_project:
            return _own(machine, learning_type, consortium_id, organization, form)
        return _everybody(
            machine,
            Rounds(machine, progress=told),
            learning_type,
            privacy_budget,
            consortium_id,
            organization,
            dry_run,
            form,
        )


def _own(machine: Machine, learning_type: str, consortium_id: str | None, organization: str | None, form: str) -> int:
    """One's own projects: of the organization that joined here, or without any federation of the current folder."""
    from fedlore.federation.picture import YOURS, exact_picture

    if machine.coordinator.federations():
        federation_id = machine.chosen(consortium_id)
        name = current_organization(machine, federation_id, organization)
        projects = machine.features(federation_id, [name])
    else:
        name = Path.cwd().name
        projects = machine.features_at(name, find_repositories(Path.cwd()))
    said = exact_picture(machine.catalogue, learning_type, projects, machine.today())
    payload = {
        "learning_type": learning_type,
        "organization": name,
        "projects": len(projects),
        "mark": YOURS,
        "statements": [statement.as_dict() for statement in said],
    }

    def show() -> None:
        from fedlore.cli.tables import show_statements

        show_statements(said, machine.catalogue, f"{len(projects)} projects of {name} ({YOURS})")

    emit(form, "learn.patterns", payload, show)
    return 0


def _everybody(
    machine: Machine,
    rounds: Rounds,
    learning_type: str,
    privacy_budget: str | None,
    consortium_id: str | None,
    organization: str | None,
    dry_run: bool,
    form: str,
) -> int:
    from fedlore.cli.errors import NOTHING
    from fedlore.federation.messages import Release
    from fedlore.federation.picture import YOURS, exact_picture
    from fedlore.federation.running import Ask
    from fedlore.learn.statement import Statement
    from fedlore.privacy.planner import NothingToSay

    federation_id = machine.chosen(consortium_id)
    terms = machine.coordinator.terms(federation_id)
    epsilon, delta = budget(privacy_budget, terms.epsilon_round_micro / 1e6, terms.delta_round_e15 / 1e15)
    rounds.settle(federation_id)
    ask = Ask(learning_type, epsilon, delta)
    planned: Planned | None = None
    reason = ""
    try:
        planned = rounds.plan(federation_id, ask)
    except NothingToSay as error:
        reason = str(error)
    if dry_run and planned is not None:
        name = current_organization(machine, federation_id, organization)
        return _dry_run(planned, machine.link(federation_id, name).participant.preview(planned.plan), name, form)
    everybody = [member.organization for member in rounds.cohort(federation_id, learning_type)]
    projects = machine.features(federation_id, everybody)
    local = exact_picture(machine.catalogue, learning_type, projects, machine.today())
    said: list[Statement] = []
    if planned is not None:
        release = Release.verified(rounds.run(federation_id, ask, planned), machine.coordinator.public_key)
        said = [Statement.from_dict(table) for table in release.statements]
    payload = {
        "consortium_id": federation_id,
        "learning_type": learning_type,
        "epsilon": epsilon if planned else 0.0,
        "delta": delta if planned else 0.0,
        "members": len(everybody),
        "statements": [statement.as_dict() for statement in said],
        "reason": reason,
        **(_asked(planned) if planned else {}),
        "local": {"mark": YOURS, "projects": len(projects), "statements": [item.as_dict() for item in local]},
    }

    def show() -> None:
        from fedlore.cli.tables import show_asked, show_private, show_statements

        if planned is not None:
            show_asked(planned, len(everybody))
            show_private(said, local, machine.catalogue)
        else:
            show_statements(local, machine.catalogue, f"{len(projects)} projects on this machine ({YOURS})")

    emit(form, "learn.patterns", payload, show)
    if planned is None:
        click.echo(f"fedlore: {reason}", err=True)
        return NOTHING
    return 0


def _asked(planned: Planned) -> dict[str, Any]:
    plan = planned.plan
    return {
        "round_id": plan.round_id,
        "plan": {
            "digest": plan.digest,
            "shares": len(plan.shares),
            "pairs": len(plan.pairs),
            "histograms": len(plan.histograms),
            "means": len(plan.means),
            "mechanism": plan.mechanism,
            "least_honest": plan.least_honest,
        },
        "dropped": [{"id": item.id, "reason": item.reason} for item in planned.dropped],
        "forecasts": [{"id": f.id, "noise": f.noise, "total": f.total} for f in planned.forecasts],
    }


def _dry_run(planned: Planned, shown: Preview, name: str, form: str) -> int:
    payload = {
        "dry_run": True,
        "organization": name,
        "words": shown.words,
        "would_leave": [{"what": line.words, "value_before_noise_and_masks": line.value} for line in shown.lines],
        **_asked(planned),
    }

    def show() -> None:
        from fedlore.cli.tables import show_preview

        show_preview(planned, shown, name)

    emit(form, "learn.dry-run", payload, show)
    return 0
