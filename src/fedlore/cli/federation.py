"""`federation create | join | status`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from fedlore.cli.common import budget, consortium_option, emit, find_repositories, format_option, progress_bars, warn


@click.group()
def command() -> None:
    """Create a federation, join one, see its state."""


@command.command()
@click.option("--participants", required=True, help="Names of the organizations to invite, separated by commas.")
@click.option("--privacy-level", default="standard", show_default=True, help="high, standard or low.")
@format_option
def create(participants: str, privacy_level: str, form: str) -> None:
    """Create a federation with the numbers of a privacy level, and invite the named organizations."""
    from fedlore.catalogue.presets import PRESETS
    from fedlore.federation.machine import Machine
    from fedlore.federation.terms import terms_of

    if privacy_level not in PRESETS:
        raise click.BadParameter(
            f"{privacy_level!r} is not a privacy level: {', '.join(PRESETS)}", param_hint="--privacy-level"
        )
    names = list(dict.fromkeys(name.strip() for name in participants.split(",") if name.strip()))
    if not names:
        raise click.BadParameter("names nobody", param_hint="--participants")
    preset = PRESETS[privacy_level]
    federation_id = Machine().create(terms_of(preset), names)

    def show() -> None:
        click.echo(f"created consortium {federation_id}")
        click.echo(f"invited: {', '.join(names)}")
        click.echo(preset.words)
        click.echo(
            f"next: fedlore federation join --consortium-id {federation_id} --organization {names[0]} "
            "--repositories FOLDER"
        )

    payload = {"consortium_id": federation_id, "invited": names, "privacy": preset_table(preset)}
    emit(form, "federation.create", payload, show)


@command.command()
@click.option("--consortium-id", required=True, help="The id that `federation create` printed.")
@click.option("--organization", required=True, help="The name to join under.")
@click.option(
    "--repositories",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A repository, or a folder that holds some one level below; may be given again. Default: the current folder.",
)
@click.option(
    "--project-budget",
    help="The most that one project is part of in a year, over all federations (epsilon=4,delta=1e-5); by default as "
    "much as the organization.",
)
@format_option
def join(
    consortium_id: str, organization: str, repositories: tuple[Path, ...], project_budget: str | None, form: str
) -> None:
    """Join a federation with your repositories. They are read here; only rounded counts are told to the others.

    A fedlore.toml beside the repositories may state a contribution_capacity (small, medium or large).
    """
    from fedlore.federation.machine import Machine
    from fedlore.federation.policy import PolicyRefusal, policy_of
    from fedlore.observe.owner.capacity import DEFAULT
    from fedlore.observe.owner.organisation import stated_capacity
    from fedlore.privacy.ledger import delta_e15, epsilon_micro

    folders = repositories or (Path.cwd(),)
    with progress_bars() as (looked, _):
        machine = Machine(looking=looked)
        terms = machine.coordinator.terms(consortium_id)
        paths = [path for folder in folders for path in find_repositories(folder)]
        policy = policy_of(terms, contribution_capacity=stated_capacity(paths) or DEFAULT)
        if project_budget is not None:
            whole = terms.epsilon_total_micro / 1e6, terms.delta_total_e15 / 1e15
            epsilon, delta = budget(project_budget, *whole, option="--project-budget")
            policy = replace(
                policy,
                project_epsilon_micro=epsilon_micro(epsilon, rounding="down"),
                project_delta_e15=delta_e15(delta, rounding="down"),
            )
        joining = machine.join(consortium_id, organization, paths, policy=policy)
    warn(joining.notes)
    if joining.reasons:
        raise PolicyRefusal(f"{organization} cannot join: {'; '.join(joining.reasons)}")

    def show() -> None:
        click.echo(f"{organization} joined with {joining.projects} repositories, admitted at once (same machine)")
        click.echo(f"told to the others: {_bands(joining.bands.as_dict())}; key {joining.fingerprint}")

    payload = {
        "consortium_id": consortium_id,
        "organization": organization,
        "repositories": joining.projects,
        "notes": list(joining.notes),
        "told": joining.bands.as_dict(),
        "key": joining.fingerprint,
        "admitted": "at once, on the same machine",
    }
    emit(form, "federation.join", payload, show)


@command.command()
@consortium_option
@click.option("--show-participants", is_flag=True, help="Also list the members and what each told of its data.")
@click.option("--trust-levels", is_flag=True, help="Also show what each member asks of the others.")
@format_option
def status(consortium_id: str | None, show_participants: bool, trust_levels: bool, form: str) -> None:
    """Show a federation's terms, members and what its rounds have cost."""
    from fedlore.cli.budget_tables import scope_as_dict
    from fedlore.federation.budgets import budget_of_coordinator
    from fedlore.federation.machine import Machine

    machine = Machine()
    federation_id = machine.chosen(consortium_id)
    terms = machine.coordinator.terms(federation_id)
    members = machine.coordinator.members(federation_id)
    (scope,) = budget_of_coordinator(machine.coordinator, federation_id).scopes
    shown = scope_as_dict(scope)
    payload: dict[str, Any] = {
        "consortium_id": federation_id,
        "privacy_level": terms.level,
        "min_cohort": terms.min_cohort,
        "invited": sum(member.state == "invited" for member in members),
        "joined": sum(member.state == "joined" for member in members),
        "rounds": len(machine.coordinator.released(federation_id)),
        "audit_entries": machine.coordinator.verified_log().index,
        "epsilon_spent": shown["committed"]["epsilon"],
        "epsilon_reserved": shown["reserved"]["epsilon"],
        "epsilon_total": terms.epsilon_total_micro / 1e6,
        "delta_spent": shown["committed"]["delta"],
        "delta_total": terms.delta_total_e15 / 1e15,
        "tight_epsilon": shown["total"]["tight_epsilon"],
        "tight_delta": shown["total"]["tight_delta"],
        "more_rounds_like_the_last": shown["more_rounds_like_the_last"],
        "renews": shown["period"]["renews"],
    }
    if show_participants or trust_levels:
        payload["participants"] = [
            _member(member.organization, member.state, member.terms, show_participants, trust_levels)
            for member in members
        ]

    def show() -> None:
        click.echo(f"consortium {federation_id}, privacy level {terms.level}")
        click.echo(
            f"members: {payload['joined']} joined, {payload['invited']} invited; a round needs {terms.min_cohort}"
        )
        click.echo(
            f"rounds: {payload['rounds']}; spent this year epsilon {payload['epsilon_spent']:g} of "
            f"{payload['epsilon_total']:g}, delta {payload['delta_spent']:g} of {payload['delta_total']:g} (plain "
            f"sums; tight total: epsilon {payload['tight_epsilon']:.4g} at delta {payload['tight_delta']:g}); "
            f"renews on {payload['renews']}"
        )
        if payload["more_rounds_like_the_last"] is not None:
            click.echo(f"the gate admits {payload['more_rounds_like_the_last']} more rounds like the last")
        if payload["epsilon_reserved"]:
            click.echo(f"reserved for a round that has not ended: epsilon {payload['epsilon_reserved']:g}")
        click.echo(f"audit log: {payload['audit_entries']} entries, each follows from the one before")
        for member in payload.get("participants", []):
            parts = [f"  {member['organization']} ({member['state']})"]
            if member.get("told"):
                parts.append(_bands(member["told"]))
            if "asks" in member and member["state"] == "joined":
                parts.append(
                    f"asks trust {member['asks']['trust_level']}, {member['asks']['min_cohort']} members, "
                    f"{member['asks']['honest']} of them honest"
                )
            click.echo("; ".join(parts))

    emit(form, "federation.status", payload, show)


def _member(name: str, state: str, terms: Any, bands: bool, asks: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {"organization": name, "state": state}
    if bands:
        shown["told"] = terms.get("bands")
    if asks:
        shown["asks"] = {
            "trust_level": terms.get("trust_level", "standard"),
            "min_cohort": terms.get("min_cohort"),
            "honest": terms.get("honest"),
        }
    return shown


def preset_table(preset: Any) -> dict[str, Any]:
    """A preset's numbers as they are printed in JSON."""
    return {
        "level": preset.level,
        "unit": preset.unit,
        "epsilon_round": preset.epsilon_round,
        "epsilon_total": preset.epsilon_total,
        "delta_round": preset.delta_round,
        "delta_total": preset.delta_total,
        "min_cohort": preset.min_cohort,
        "honest": str(preset.honest),
    }


def _bands(bands: dict[str, Any]) -> str:
    repositories = "fewer than 5" if bands["repositories"] is None else f"about {bands['repositories']}"
    months = "" if bands["months"] is None else f", about {bands['months']} months of history"
    languages = f", {', '.join(bands['languages'])}" if bands["languages"] else ""
    return f"{repositories} repositories{months}{languages}"
