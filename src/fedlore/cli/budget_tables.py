"""Budgets as text for a terminal, and as plain dictionaries for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from rich.markup import escape
from rich.table import Table

from fedlore.catalogue.measure import MeasureId
from fedlore.cli.tables import console
from fedlore.federation.budgets import Budget, Projects, Scope
from fedlore.federation.explaining import TRACK_WORDS, Admission, Explanation, Noise
from fedlore.privacy.ledger import DELTA_UNIT, EPSILON_UNIT, RENEWAL_DAYS, Cap, day_of
from fedlore.store.charges import ChargeRow

MOST = 10**6  # what the gate is asked for at most


def scope_as_dict(scope: Scope) -> dict[str, Any]:
    """One scope of a ledger: its cap, what is spent of it in both ways of counting, and what is left."""
    cap, last = scope.cap, scope.last
    committed, reserved, left = scope.summed("committed"), scope.summed("reserved"), scope.left
    return {
        "kind": scope.kind,
        "scope": cap.scope,
        "cap": _cap(cap),
        "period": _period(cap),
        "committed": _price(*committed),
        "reserved": _price(*reserved),
        "of_records": _price(*scope.of_records),
        "total": asdict(scope.total),
        "total_of_all_periods": asdict(scope.ever),
        "left": _price(*left),
        "more_rounds_like_the_last": None if last is None else scope.more_like(last.charge),
        "last_round": None if last is None else last.operation_id,
    }


def projects_as_dict(projects: Projects) -> dict[str, Any]:
    """What projects have spent, each over all federations."""
    cap = projects.cap
    return {
        "cap": None if cap is None else _cap(cap),
        "period": None if cap is None else _period(cap),
        "took_part": projects.spent,
        "left_out_of_a_round_like_the_last": projects.exhausted,
        "most_spent": _price(projects.most_epsilon, projects.most_delta),
    }


def charge_as_dict(row: ChargeRow) -> dict[str, Any]:
    """One charge: what it costs now, or would have cost."""
    return {
        "operation": row.operation_id,
        "scope": row.scope,
        "time": _time(row.reserved_at_us),
        "settled": None if row.settled_at_us is None else _time(row.settled_at_us),
        "mechanism": row.event.get("mechanism"),
        "noise_multiplier": row.event.get("noise_multiplier"),
        **_price(row.charge.epsilon_micro / EPSILON_UNIT, row.charge.delta_e15 / DELTA_UNIT),
        "state": row.state,
        "expires": _time(row.expires_at_us) if row.state == "reserved" and row.expires_at_us else None,
    }


def explanation_as_dict(found: Explanation) -> dict[str, Any]:
    """Why a charge cost what it cost."""
    return {
        **charge_as_dict(found.row),
        "learning_type": found.learning_type or None,
        "neighbours": found.neighbours or None,
        "slots": dict(found.slots),
        "slots_of_the_measure": found.measure_slots,
        "noise": None if found.noise is None else asdict(found.noise),
        "delta_parts": {"mechanism": found.mechanism_delta, "distance_from_the_exact_noise": found.distance_delta},
        "admissions": [
            {"kind": one.kind, "tracks": list(one.tracks), "before": asdict(one.before), "after": asdict(one.after)}
            for one in found.admissions
        ],
    }


def print_status(budget: Budget) -> None:
    """Each scope in a few lines."""
    out = console()
    name = budget.organization
    whose = "the coordinator's mirror" if name is None else f"{name}'s own ledger, which is the one that counts"
    out.print(f"[bold]{whose}[/bold]")
    for scope in budget.scopes:
        out.print(f"\n{_title(scope.kind)}: {_period_words(scope.cap)}")
        out.print(_pairs(_scope_lines(scope)))
    if budget.projects is not None:
        out.print(f"\neach project, over all federations{_project_words(budget.projects)}", soft_wrap=True)


def print_charges(rows: Sequence[ChargeRow]) -> None:
    """One row a charge."""
    if not rows:
        console().print("nothing was ever charged")
        return
    table = Table(box=None, pad_edge=False)
    for name in ("time (UTC)", "operation", "mechanism"):
        table.add_column(name, overflow="fold")
    for name in ("epsilon", "delta"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("state", no_wrap=True)
    for row in rows:
        price = row.charge
        table.add_row(
            _time(row.reserved_at_us)[:16].replace("T", " "),
            escape(row.operation_id),
            str(row.event.get("mechanism", "not known")),
            f"{price.epsilon_micro / EPSILON_UNIT:g}",
            f"{price.delta_e15 / DELTA_UNIT:.3g}",
            row.state,
        )
    console().print(table)


def print_explanations(found: Iterable[Explanation], measure: MeasureId | None) -> None:
    """Each charge in a few lines."""
    for one in found:
        _print_explanation(one, measure)


def _print_explanation(found: Explanation, measure: MeasureId | None) -> None:
    out, row = console(), found.row
    out.print(f"[bold]{escape(row.operation_id)}[/bold] ({row.state}, {_time(row.reserved_at_us)[:10]})")
    price = row.charge
    lines = [("price", _amount(price.epsilon_micro / EPSILON_UNIT, price.delta_e15 / DELTA_UNIT))]
    if found.neighbours:
        lines.append(("protects", found.neighbours))
    if found.noise is not None:
        slots = ", ".join(f"{count} {kind}" for kind, count in found.slots.items())
        lines.append(("asked", f"{found.learning_type}: {sum(found.slots.values())} slots ({slots})"))
        if measure is not None:
            lines.append((str(measure), f"is in {found.measure_slots} of them"))
        lines += _noise_lines(found.noise)
    parts = f"{found.mechanism_delta:.3g} for the mechanism, {found.distance_delta:.3g} for how far its noise is off"
    lines.append(("delta", parts))
    lines += [(f"gate: {_title(one.kind)}", _admission_words(one)) for one in found.admissions]
    out.print(_pairs(lines))


def _scope_lines(scope: Scope) -> list[tuple[str, str]]:
    total, ever, last = scope.total, scope.ever, scope.last
    lines = [
        ("cap", _cap_words(scope.cap)),
        ("spent", _amount(*scope.summed("committed"))),
        ("reserved", _amount(*scope.summed("reserved"))),
        ("naive total", _amount(total.naive_epsilon, total.naive_delta) + " (plain sums)"),
        ("tight total", _amount(total.tight_epsilon, total.tight_delta) + " (privacy-loss distributions)"),
    ]
    if any(scope.of_records):
        words = f"{_amount(*scope.of_records)} of these paid for tables of commits or stories: one record is protected"
        lines.append(("of records", f"{words} by them, a whole project is not"))
    if last is not None:
        more = scope.more_like(last.charge)
        price = _amount(last.charge.epsilon_micro / EPSILON_UNIT, last.charge.delta_e15 / DELTA_UNIT)
        lines.append(("gate admits", f"{_count(more)} more rounds like the last ({price})"))
    epsilon, delta = scope.left
    either = [] if epsilon is None else [f"epsilon {epsilon:g}"]
    either += [] if delta is None else [f"delta {delta:.3g}"]
    if either:
        lines.append(("left", f"at most {' or '.join(either)} for one more charge of pure epsilon, or of delta"))
    if ever != total:
        lines.append(("all years", f"naive epsilon {ever.naive_epsilon:g}, tight {ever.tight_epsilon:.4g}"))
    return lines


def _noise_lines(noise: Noise) -> list[tuple[str, str]]:
    moved = noise.sensitivity
    scale = noise.scale
    return [
        (
            "sensitivity",
            f"one {noise.unit} moves {moved.l0} slots: L1 {moved.l1 / scale:g}, L2 {moved.l2 / scale:.4g}, "
            f"at most {moved.linf / scale:g} in one",
        ),
        (
            "noise",
            f"{noise.mechanism}, {noise.multiplier:.4g} times the sensitivity; standard deviation {noise.slot_sd:.4g} "
            f"a slot once {noise.least_honest} honest members have added theirs",
        ),
    ]


def _admission_words(one: Admission) -> str:
    by = "; ".join(TRACK_WORDS[track] for track in one.tracks)
    said = f"admitted by {by}" if by else "would be refused beside what stands of that year now"
    before, after = one.before, one.after
    return (
        f"{said}. Naive total from epsilon {before.naive_epsilon:g} to {after.naive_epsilon:g}, tight from "
        f"{before.tight_epsilon:.4g} to {after.tight_epsilon:.4g} at delta {after.tight_delta:.3g}"
    )


def _project_words(projects: Projects) -> str:
    took = f"{projects.spent} took part this year"
    if projects.spent:
        took += f", the most in rounds of {_amount(projects.most_epsilon, projects.most_delta)} (plain sums)"
    if projects.cap is None:
        return f": no budget of its own; {took}"
    out = f"{projects.exhausted} would be left out of a round like the last"
    return f": {_period_words(projects.cap)}\ncap {_cap_words(projects.cap)}; {took}; {out}"


def _title(kind: str) -> str:
    return {"federation": "this federation"}.get(kind, kind)


def _pairs(lines: Iterable[tuple[str, str]]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for name, words in lines:
        table.add_row(f"  {name}", words)
    return table


def _period_words(cap: Cap) -> str:
    if cap.period is None:
        return "never renews"
    since, until = day_of(cap.period.since_us), day_of(cap.period.until_us)
    return f"period {cap.period.number} of {RENEWAL_DAYS} days, since {since}, renews on {until}"


def _cap_words(cap: Cap) -> str:
    epsilon = "no cap on epsilon" if cap.epsilon_micro is None else f"epsilon {cap.epsilon_micro / EPSILON_UNIT:g}"
    delta = "no cap on delta" if cap.delta_e15 is None else f"delta {cap.delta_e15 / DELTA_UNIT:g}"
    return f"{epsilon}, {delta} a year"


def _cap(cap: Cap) -> dict[str, float | None]:
    return _price(
        None if cap.epsilon_micro is None else cap.epsilon_micro / EPSILON_UNIT,
        None if cap.delta_e15 is None else cap.delta_e15 / DELTA_UNIT,
    )


def _period(cap: Cap) -> dict[str, Any] | None:
    if cap.period is None:
        return None
    since, until = day_of(cap.period.since_us), day_of(cap.period.until_us)
    return {"number": cap.period.number, "since": since, "renews": until}


def _price(epsilon: float | None, delta: float | None) -> dict[str, float | None]:
    return {"epsilon": epsilon, "delta": delta}


def _amount(epsilon: float, delta: float) -> str:
    return f"epsilon {epsilon:.4g}, delta {delta:.3g}"


def _count(number: int) -> str:
    return f"{MOST:,} or more" if number >= MOST else f"{number:,}"


def _time(time_us: int) -> str:
    return datetime.fromtimestamp(time_us / 1e6, UTC).isoformat(timespec="seconds")
