"""A budget as one page that needs nothing else: spending over the year against the cap, and every charge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fedlore.federation.budgets import Budget, Scope
from fedlore.observe.report.safe_page import STYLE, escaping, styled
from fedlore.privacy.ledger import DELTA_UNIT, EPSILON_UNIT, RENEWAL_DAYS, day_of
from fedlore.privacy.room import total_of
from fedlore.store.charges import ChargeRow

_WIDTH, _HEIGHT = 1000, 100
_MOST_STEPS = 120  # of a tight total, each of which is composed anew
_DAY_US = 86_400 * 10**6


@dataclass(frozen=True, slots=True)
class Step:
    """What was spent from one time on (Unix microseconds), in epsilon, by both ways of counting."""

    time_us: int
    naive: float
    tight: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """A plot in a box of 1000 by 100, and its words; ``cap_y`` is the height of the cap."""

    since: str
    until: str
    naive: str
    tight: str
    cap_y: float | None
    top_words: str
    naive_words: str
    tight_words: str
    cap_words: str


def page_of(budget: Budget, federation_id: str, now: float) -> str:
    """The page. Everything but the template's own text is escaped, and the page's policy lets it load nothing."""
    whose = "the coordinator's mirror" if budget.organization is None else budget.organization
    parts = [_part(scope, round(now * 1e6)) for scope in budget.scopes]
    page = escaping("fedlore.cli").get_template("budget.html.j2")
    style = styled(STYLE, ("fedlore.cli", "budget.css"))
    return page.render(whose=whose, federation_id=federation_id, parts=parts, **style)


def steps(rows: Sequence[ChargeRow], delta_e15: int | None) -> list[Step]:
    """How the totals of the charges that stand grew, oldest first; of many, evenly chosen ones and the last."""
    apart = max(1, -(-len(rows) // _MOST_STEPS))
    chosen = [index for index in range(len(rows)) if index % apart == 0 or index == len(rows) - 1]
    found = []
    for index in chosen:
        total = total_of((row.charge for row in rows[: index + 1]), delta_e15)
        found.append(Step(rows[index].reserved_at_us, total.naive_epsilon, total.tight_epsilon))
    return found


def _part(scope: Scope, now_us: int) -> dict[str, object]:
    cap, period = scope.cap, scope.cap.period
    rows = [row for row in scope.rows if row.reserved_at_us >= cap.since_us]
    epsilon, _ = scope.left
    words = [] if epsilon is None else [f"one more charge of pure epsilon may cost at most {epsilon:g}"]
    if scope.last is not None:
        words.insert(0, f"the gate admits {scope.more_like(scope.last.charge):,} more rounds like the last")
    left = "; ".join(words) or "no cap"
    return {
        "title": "This federation" if scope.kind == "federation" else scope.kind.capitalize(),
        "period": "never renews"
        if period is None
        else f"period {period.number} of {RENEWAL_DAYS} days, renews on {day_of(period.until_us)}",
        "cap": f"{_epsilon_words(cap.epsilon_micro)}, {_delta_words(cap.delta_e15)}",
        "left": f"{left[0].upper()}{left[1:]}.",
        "drawn": drawn(scope, now_us),
        "charges": [_charge(row) for row in rows],
    }


def drawn(scope: Scope, now_us: int) -> Drawn:
    """The plot of one scope's running year, as far as it has gone: up to the end of the day of ``now_us`` (UTC)."""
    cap, period = scope.cap, scope.cap.period
    found = steps(scope.standing, cap.delta_e15)
    since = period.since_us if period else (found[0].time_us if found else now_us) // _DAY_US * _DAY_US
    last = max([now_us, since, *(step.time_us for step in found)])
    until = last // _DAY_US * _DAY_US + _DAY_US
    most = None if cap.epsilon_micro is None else cap.epsilon_micro / EPSILON_UNIT
    top = 1.05 * max([most or 0.0, *(max(step.naive, step.tight) for step in found)], default=1.0) or 1.0

    def path(values: Sequence[float]) -> str:
        shape, place = f"M0 {_HEIGHT}", float(_HEIGHT)
        for step, value in zip(found, values, strict=True):
            place = _down(value, top)
            shape += f"H{_across(step.time_us, since, until)}V{place}"
        return f"{shape}H{_WIDTH}"

    naive, tight = (0.0, 0.0) if not found else (found[-1].naive, found[-1].tight)
    return Drawn(
        since=day_of(since),
        until=day_of(last),
        naive=path([step.naive for step in found]),
        tight=path([step.tight for step in found]),
        cap_y=None if most is None else _down(most, top),
        top_words=f"{top:.3g}",
        naive_words=f"epsilon {naive:.4g}",
        tight_words=f"epsilon {tight:.4g}",
        cap_words=_epsilon_words(cap.epsilon_micro),
    )


def _across(time_us: int, since: int, until: int) -> float:
    return round(_WIDTH * min(1.0, max(0.0, (time_us - since) / (until - since))), 2)


def _down(value: float, top: float) -> float:
    return round(_HEIGHT * (1 - value / top), 2)


def _charge(row: ChargeRow) -> dict[str, str]:
    price = row.charge
    return {
        "day": day_of(row.reserved_at_us),
        "operation": row.operation_id,
        "mechanism": str(row.event.get("mechanism", "not known")),
        "epsilon": f"{price.epsilon_micro / EPSILON_UNIT:g}",
        "delta": f"{price.delta_e15 / DELTA_UNIT:.3g}",
        "state": row.state,
    }


def _epsilon_words(epsilon_micro: int | None) -> str:
    return "no cap on epsilon" if epsilon_micro is None else f"epsilon {epsilon_micro / EPSILON_UNIT:g} a year"


def _delta_words(delta_e15: int | None) -> str:
    return "no cap on delta" if delta_e15 is None else f"delta {delta_e15 / DELTA_UNIT:g} a year"
