"""What `learn patterns` does: one's own projects exactly, or a round over everybody's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import click

from fedlore.catalogue.load import domains_of
from fedlore.catalogue.measure import MeasureId
from fedlore.catalogue.plan import unit_named
from fedlore.cli.common import acting_for, budget, emit, find_repositories, first_joined, progress_bars, warn
from fedlore.cli.errors import NOTHING
from fedlore.cli.forecasting import finite_ratios, forecast_row, show_checked
from fedlore.cli.tables import Price, show_asked, show_preview, show_private, show_statements
from fedlore.federation.machine import Machine, readable, told_of
from fedlore.federation.messages import Release
from fedlore.federation.participant import charge_of
from fedlore.federation.picture import YOURS, exact_picture
from fedlore.federation.running import Ask, Rounds
from fedlore.learn.statement import Statement
from fedlore.observe.project import Observed
from fedlore.privacy.ledger import Charge
from fedlore.privacy.planner import NothingToSay, Planned
from fedlore.privacy.questions import MIN_HOLDERS
from fedlore.privacy.remedies import Remedy
from fedlore.privacy.shares import noise_excess

REACH_PART = 0.2
"""The part of a round's budget that adaptive clipping spends on how far values reach."""


@dataclass(frozen=True, slots=True)
class Protected:
    """What a round's noise protects, for how many projects of a member, and how hard to try.

    ``force`` asks against the forecast, ``adaptive_clipping`` first spends a part of the budget on how far values
    reach, ``measures`` are those of the learning type that alone are asked (none: all), ``max_examples`` and
    ``min_holders`` are about code templates.
    """

    unit: str = "project"
    most_projects_each: int = 0
    force: bool = False
    adaptive_clipping: bool = False
    measures: tuple[MeasureId, ...] = ()
    max_examples: int = 0
    min_holders: int = MIN_HOLDERS


@dataclass(frozen=True, slots=True)
class Wish:
    """The command's options; ``all_bins`` prints every bin of each distribution."""

    learning_type: str
    privacy_budget: str | None
    consortium_id: str | None
    organization: str | None
    dry_run: bool
    form: str
    protected: Protected = Protected()
    all_bins: bool = False


def learn_own(wish: Wish) -> int:
    """The exact picture of the organization that this folder belongs to, or of the repositories in this folder."""
    domains_of(wish.learning_type)
    with progress_bars() as (looked, _):
        machine = Machine(looking=looked)
        owner = acting_for(machine, wish.consortium_id, wish.organization)
        if owner is None:
            name, seen = f"the folder {Path.cwd().name!r}", machine.observed_at(find_repositories(Path.cwd()))
        else:
            name, seen = owner.organization, machine.observed(owner.federation_id, [owner.organization])
    projects = readable(seen)
    said = exact_picture(machine.catalogue, wish.learning_type, projects, machine.today())
    payload = {
        "learning_type": wish.learning_type,
        "organization": None if owner is None else owner.organization,
        "projects": len(projects),
        "mark": YOURS,
        "notes": list(told_of(seen)),
        "statements": [statement.as_dict() for statement in said],
    }
    warn(told_of(seen))
    title = f"{len(projects)} projects of {name} ({YOURS})"
    emit(
        wish.form,
        "learn.patterns",
        payload,
        lambda: show_statements(said, machine.catalogue, title, all_bins=wish.all_bins),
    )
    return 0


def learn_everybodys(wish: Wish) -> int:
    """One round over all members' projects, and beside it the exact picture of those on this machine."""
    domains_of(wish.learning_type)
    own: set[str] = set()

    def tell(organization: str, sentence: str) -> None:
        """What a member's own ledger says is for that member alone."""
        warn([sentence] if organization in own else [])

    with progress_bars() as (looked, told):
        machine = Machine(looking=looked, telling=tell)
        rounds = Rounds(machine, progress=told)
        federation_id = machine.chosen(wish.consortium_id)
        terms = machine.coordinator.terms(federation_id)
        epsilon, delta = budget(wish.privacy_budget, terms.epsilon_round_micro / 1e6, terms.delta_round_e15 / 1e15)
        ask = _ask(wish, epsilon, delta)
        if wish.dry_run:
            return _preview(machine, rounds, federation_id, ask, wish)
        owner = acting_for(machine, federation_id, wish.organization)
        own.update([] if owner is None else [owner.organization])
        warn(f"round {name} could not be finished: {why}" for name, why in rounds.settle(federation_id).stuck.items())
        paid: list[Charge] = []
        if wish.protected.adaptive_clipping:
            ask = _reached(rounds, federation_id, ask, paid)
        planned, refusal = _planned(rounds, federation_id, ask)
        members = [member.organization for member in rounds.cohort(federation_id, wish.learning_type)]
        seen = machine.observed(federation_id, members, planned.plan.as_of if planned else None)
        local = exact_picture(machine.catalogue, wish.learning_type, readable(seen), machine.today())
        said = [] if planned is None else _run(rounds, federation_id, ask, planned, paid)
    spent = Price.of(paid)
    warn(told_of(seen))
    payload = {
        "consortium_id": federation_id,
        "learning_type": wish.learning_type,
        "epsilon": spent.epsilon,
        "delta": spent.delta,
        "members": len(members),
        "noise_excess": round(noise_excess(len(members), planned.plan.least_honest), 3) if planned else None,
        "statements": [statement.as_dict() for statement in said],
        **refusal.as_dict(),
        **(_asked(planned) if planned else {}),
        "observed_over_forecast": finite_ratios(planned, said),
        "local": {
            "mark": YOURS,
            "projects": len(readable(seen)),
            "notes": list(told_of(seen)),
            "statements": [statement.as_dict() for statement in local],
        },
    }
    emit(wish.form, "learn.patterns", payload, lambda: _show(wish, machine, planned, members, said, local, seen, spent))
    if planned is None:
        warn([f"{refusal.reason}; {'nothing' if not paid else f'only {spent.words}'} was spent"])
        return NOTHING
    return 0


def _ask(wish: Wish, epsilon: float, delta: float) -> Ask:
    asked = wish.protected
    return Ask(
        wish.learning_type,
        epsilon,
        delta,
        measures=asked.measures,
        unit=unit_named(asked.unit),
        most_projects_each=asked.most_projects_each,
        force=asked.force,
        max_examples=asked.max_examples,
        min_holders=asked.min_holders,
    )


def _run(rounds: Rounds, federation_id: str, ask: Ask, planned: Planned, paid: list[Charge]) -> list[Statement]:
    """Run a planned round, note what it cost, and give its statements."""
    document = rounds.run(federation_id, ask, planned).document
    paid.append(charge_of(planned.plan))
    return [Statement.from_dict(table) for table in Release.read(document).statements]


def _reached(rounds: Rounds, federation_id: str, ask: Ask, paid: list[Charge]) -> Ask:
    """Learn how far the values of the means reach, for a part of the budget, and leave the rest to the round asked.

    Where an earlier release has told it already, nothing is spent on it again. Raises `BudgetExceeded` or
    `PolicyRefusal` where the rest would be refused once the part is spent.
    """
    domains = domains_of(ask.learning_type)
    means = {measure.id for measure in rounds.catalogue.of_domains(domains) if measure.kind == "mean"}
    if means <= rounds.closer_bounds(federation_id).keys():
        return ask
    first = replace(ask, reach=True, force=False, epsilon=ask.epsilon * REACH_PART, delta=ask.delta * REACH_PART)
    rest = replace(ask, epsilon=ask.epsilon - first.epsilon, delta=ask.delta - first.delta)
    planned, refusal = _planned(rounds, federation_id, first)
    if planned is None:
        warn([f"clipped to the catalogue's bounds: {refusal.reason}"])
        return ask
    # Whatever would refuse the round asked is to refuse it before anything is spent.
    whole, later = (_planned(rounds, federation_id, one)[0] for one in (ask, rest))
    if whole is None or later is None:
        warn(["clipped to the catalogue's bounds: the rest of the budget would say nothing"])
        return ask
    rounds.check_both(federation_id, planned.plan, later.plan, rest)
    _run(rounds, federation_id, first, planned, paid)
    return rest


def _planned(rounds: Rounds, federation_id: str, ask: Ask) -> tuple[Planned | None, _Refusal]:
    try:
        planned = rounds.plan(federation_id, ask)
    except NothingToSay as error:
        return None, _Refusal(str(error), error.remedy)
    return planned, _Refusal("", planned.remedy)


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Why nothing is asked (empty if something is), and what would help to ask at all, or to ask for pairs."""

    reason: str
    remedy: Remedy | None

    def as_dict(self) -> dict[str, Any]:
        return {"reason": self.reason, "would_help": None if self.remedy is None else asdict(self.remedy)}


def _show(
    wish: Wish,
    machine: Machine,
    planned: Planned | None,
    members: Sequence[str],
    said: Sequence[Statement],
    local: Sequence[Statement],
    seen: Sequence[Observed],
    spent: Price,
) -> None:
    here = f"{len(readable(seen))} projects on this machine ({YOURS})"
    if planned is None:
        show_statements(local, machine.catalogue, here, all_bins=wish.all_bins)
    else:
        show_asked(planned, len(members), spent)
        show_private(said, local, machine.catalogue, here, all_bins=wish.all_bins)
        show_checked(finite_ratios(planned, said), planned.forecasts)


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
            "code_templates": len(plan.templates),
            "most_templates_each": plan.most_templates_each,
            "min_holders": plan.min_holders,
            "mechanism": plan.mechanism,
            "unit": plan.unit,
            "most_projects_each": plan.most_projects_each,
            "weighed": bool(plan.weights),
            "clipped_to": dict(zip(plan.means, plan.bounds, strict=False)),
            "least_honest": plan.least_honest,
        },
        "dropped": [{"id": item.id, "reason": item.reason} for item in planned.dropped],
        "no_code_templates": planned.template_reason,
        "forecasts": [forecast_row(forecast) for forecast in planned.forecasts],
    }


def _preview(machine: Machine, rounds: Rounds, federation_id: str, ask: Ask, wish: Wish) -> int:
    """What would be asked and what would leave; neither the ledgers nor any round are touched."""
    planned, refusal = _planned(rounds, federation_id, ask)
    if planned is None:
        empty = {"dry_run": True, **refusal.as_dict(), "would_leave": [], "words": "nothing would leave"}
        emit(wish.form, "learn.dry-run", empty, lambda: click.echo("nothing was spent and nothing would leave"))
        warn([refusal.reason])
        return NOTHING
    owner = acting_for(machine, federation_id, wish.organization) or first_joined(machine, federation_id)
    shown = machine.link(federation_id, owner.organization).participant.preview(planned.plan)
    payload = {
        "dry_run": True,
        "organization": owner.organization,
        "words": shown.words,
        "would_leave": [{"what": line.words, "value_before_noise_and_masks": line.value} for line in shown.lines],
        **_asked(planned),
        **refusal.as_dict(),
    }
    emit(wish.form, "learn.dry-run", payload, lambda: show_preview(planned, shown, owner.organization))
    return 0
