"""`privacy audit`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fedlore.cli.common import UNITS, emit, format_option, progress_bars

if TYPE_CHECKING:
    from fedlore.catalogue.plan import Unit
    from fedlore.privacy.auditing.audit import Finding

WHAT = ("all", "mechanisms", "rounds")
ONE_BY_ONE = 2_000


@click.group()
def command() -> None:
    """Put the promised privacy to the test."""


@command.command()
@click.option("--what", type=click.Choice(WHAT), default="all", help="The noise alone, whole rounds, or both.")
@click.option("--epsilon", type=click.FloatRange(1e-6, 100), default=1.0, show_default=True, help="The claim.")
@click.option("--delta", type=click.FloatRange(1e-12, 0.5), default=1e-6, show_default=True, help="The claim.")
@click.option(
    "--trials", type=click.IntRange(200, 10**8), default=2_000_000, show_default=True, help="Runs of each mechanism."
)
@click.option(
    "--rounds", type=click.IntRange(200, 10**7), default=200_000, show_default=True, help="Rounds of each mechanism."
)
@click.option("--unit", type=click.Choice(UNITS), default="project", show_default=True, help="What rounds protect.")
@click.option(
    "--confidence",
    type=click.FloatRange(0.5, 1, min_open=True, max_open=True),
    default=0.999999,
    show_default=True,
    help="With which each bound holds.",
)
@format_option
def audit(
    what: str, epsilon: float, delta: float, trials: int, rounds: int, unit: Unit, confidence: float, form: str
) -> None:
    """Run the mechanisms and whole rounds on two neighbouring inputs, and bound epsilon from below.

    The bound must stay below the claim; if one does not, the exit code is 8. Nothing of yours is read or spent.
    """
    import os

    from fedlore.catalogue.load import load_catalogue
    from fedlore.federation.auditing import round_twice
    from fedlore.privacy.auditing.audit import ClaimExceeded, Subject
    from fedlore.privacy.auditing.audit import audit as audited
    from fedlore.privacy.auditing.subjects import holders, shared
    from fedlore.privacy.ledger import delta_e15, epsilon_micro
    from fedlore.privacy.questions import MECHANISMS

    subjects: list[Subject] = []
    if what != "rounds":
        subjects += holders(epsilon, delta, trials, os.urandom)
        subjects += [shared(mechanism, epsilon, delta, trials, os.urandom) for mechanism in MECHANISMS]
    if what != "mechanisms":
        price = epsilon_micro(epsilon, rounding="down"), delta_e15(delta, rounding="down")
        for mechanism in MECHANISMS:
            twice = round_twice(load_catalogue(), mechanism, *price, os.urandom, unit)
            subjects += [twice.many(rounds), twice.one_by_one(ONE_BY_ONE)]
    with progress_bars() as (_, told):
        found = [audited(subject, alpha=1 - confidence, told=told) for subject in subjects]
    payload = {"confidence": confidence, "findings": [finding.as_dict() for finding in found]}
    emit(form, "privacy-audit", payload, lambda: _show(found))
    exceeded = [finding.name for finding in found if finding.exceeded]
    if exceeded:
        raise ClaimExceeded(exceeded)


def _show(found: list[Finding]) -> None:
    from rich.table import Table

    from fedlore.cli.tables import console

    table = Table("what", "claim", "epsilon at least", "as Gaussian", "trials", "told apart by", "verdict")
    for finding in found:
        gaussian = "-" if finding.epsilon_low_gaussian is None else f"{finding.epsilon_low_gaussian:.3f}"
        table.add_row(
            finding.name,
            f"{finding.claim.epsilon:g}, {finding.claim.delta:g}",
            f"{finding.epsilon_low:.3f}",
            gaussian,
            f"{finding.trials:,}",
            finding.test,
            "MORE THAN CLAIMED" if finding.exceeded else "below the claim",
        )
    out = console()
    out.print(table)
    out.print(
        f"each line holds with confidence {found[0].confidence:g}; a bound refutes a claim and never proves one "
        "(the proofs are in docs/proofs)",
        soft_wrap=True,
    )
