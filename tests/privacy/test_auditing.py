"""The audit refutes what is broken and nothing else; each of its bounds is wrong with a probability of 1e-6 at most."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from fedlore.catalogue.plan import Mechanism
from fedlore.privacy.accountant import calibrate
from fedlore.privacy.auditing.audit import AuditError, Claim, Finding, Subject, audit
from fedlore.privacy.auditing.bounds import epsilon_low, epsilon_of_mu, mu_low, share_high, share_low
from fedlore.privacy.auditing.scores import Outputs
from fedlore.privacy.auditing.subjects import holders, shared
from fedlore.privacy.sampling import Integers, Randomness
from fedlore.privacy.shares import noise_share
from tests.privacy.exact import seeded

ALPHA = 1e-6
BOTH: list[Mechanism] = ["discrete laplace", "discrete gaussian"]


def test_exact_mechanisms_stay_below_their_claim_and_reach_half_of_it() -> None:
    for subject in holders(1.0, 1e-6, 1_500_000, seeded(41)):
        finding = audit(subject, alpha=ALPHA)
        assert not finding.exceeded
        reached = finding.epsilon_low if finding.epsilon_low_gaussian is None else finding.epsilon_low_gaussian
        assert 0.9 < reached <= 1
        assert 0.5 <= finding.epsilon_low <= 1


@pytest.mark.parametrize("mechanism", BOTH)
def test_shares_stay_below_their_claim(mechanism: Mechanism) -> None:
    for epsilon in (0.5, 3.0):
        finding = audit(shared(mechanism, epsilon, 1e-5, 60_000, seeded(42)), alpha=ALPHA)
        assert not finding.exceeded
        assert finding.epsilon_low > 0 or epsilon < 1


def _half(mechanism: Mechanism, scale: float, honest: int, length: int, randomness: Randomness) -> Integers:
    return noise_share(mechanism, scale / 2, honest, length, randomness)


def _forgotten(mechanism: Mechanism, scale: float, honest: int, length: int, randomness: Randomness) -> Integers:
    return np.zeros(length, dtype=np.int64)


@pytest.mark.parametrize("mechanism", BOTH)
@pytest.mark.parametrize("noise", [_half, _forgotten])
def test_too_little_noise_is_caught(mechanism: Mechanism, noise: object) -> None:
    finding = audit(shared(mechanism, 1.0, 1e-6, 60_000, seeded(43), noise=noise), alpha=ALPHA)  # type: ignore[arg-type]
    assert finding.exceeded


@pytest.mark.parametrize("mechanism", BOTH)
def test_half_the_noise_is_caught_without_any_assumption_about_its_form(mechanism: Mechanism) -> None:
    finding = audit(shared(mechanism, 1.0, 1e-6, 400_000, seeded(44), noise=_half), alpha=ALPHA)
    assert 1 < finding.epsilon_low < 2.2


def test_members_that_share_one_seed_are_caught_by_the_gaps_between_outputs() -> None:
    def one_seed(length: int) -> bytes:
        return bytes(length)

    def same(mechanism: Mechanism, scale: float, honest: int, length: int, randomness: Randomness) -> Integers:
        if not drawn:
            drawn.append(noise_share(mechanism, scale, honest, length, randomness))
        return drawn[0][:length]

    drawn: list[Integers] = []
    finding = audit(shared("discrete gaussian", 1.0, 1e-6, 40_000, one_seed, noise=same), alpha=ALPHA)
    assert finding.exceeded
    assert finding.epsilon_low > 5


def test_floating_point_noise_is_caught_by_outputs_that_the_other_world_cannot_make() -> None:
    rng = np.random.default_rng(45)

    def draw(with_unit: bool, trials: int) -> Outputs:
        uniform = rng.random((trials, 1)) - 0.5
        noise: Outputs = int(with_unit) - np.sign(uniform) * np.log1p(-2 * np.abs(uniform))
        return noise

    finding = audit(Subject("float", Claim(1.0, 0.0), draw, 40_000), alpha=ALPHA)
    assert finding.exceeded
    assert finding.epsilon_low > 4
    assert finding.test == "lowest binary place of number 0"


def test_a_finding_says_what_it_claims_and_how_sure_it_is() -> None:
    told: list[tuple[str, int, int]] = []
    finding = audit(
        shared("discrete gaussian", 1.0, 1e-6, 50_000, seeded(46)),
        alpha=0.01,
        told=lambda name, done, total: told.append((name, done, total)),
    )
    table = finding.as_dict()
    assert (table["epsilon"], table["delta"], table["confidence"], table["trials"]) == (1.0, 1e-6, 0.99, 50_000)
    assert table["mu"] == pytest.approx(1 / calibrate("discrete gaussian", 1.0, 1e-6, 1.0), rel=1e-6)
    assert table["exceeded"] is False
    assert [done for _, done, _ in told] == [20_000, 40_000, 50_000, 70_000, 90_000, 100_000]
    assert {(name, total) for name, _, total in told} == {(finding.name, 100_000)}


def test_either_bound_refutes_a_claim() -> None:
    claim = Claim(1.0, 1e-6, mu=0.2)
    sure = ("x", claim, 1000, 0.99)
    assert Finding(*sure, 1.1, "t", 0.1, 0.4).exceeded
    assert Finding(*sure, 0.5, "t", 0.3, 1.4).exceeded
    assert not Finding(*sure, 1.0, "t", 0.2, 1.0).exceeded


def test_an_audit_that_could_show_nothing_is_refused() -> None:
    subject = holders(1.0, 1e-6, 199, seeded(47))[0]
    with pytest.raises(AuditError):
        audit(subject)
    assert audit(holders(1.0, 1e-6, 200, seeded(47))[0]).trials == 200
    for alpha in (0.0, 0.5, math.nan):
        with pytest.raises(AuditError):
            audit(holders(1.0, 1e-6, 400, seeded(48))[0], alpha=alpha)


def test_bounds_of_a_share_are_clopper_and_pearsons() -> None:
    hits = np.array([0, 1, 7, 50, 99, 100])
    low, high = share_low(hits, 100, 0.01), share_high(hits, 100, 0.01)
    for k, below, above in zip(hits.tolist(), low, high, strict=True):
        found = stats.binomtest(k, 100).proportion_ci(0.98, "exact")
        assert (below, above) == (pytest.approx(found.low), pytest.approx(found.high))


def test_bounds_on_epsilon_and_separation_take_both_sides_at_their_worst() -> None:
    likelier, rarer = np.array([600]), np.array([200])
    most, least = share_low(likelier, 1000, 0.005), share_high(rarer, 1000, 0.005)
    assert epsilon_low(likelier, rarer, 1000, 0.1, 0.01) == pytest.approx(np.log((most - 0.1) / least))
    assert mu_low(likelier, rarer, 1000, 0.01) == pytest.approx(stats.norm.ppf(most) - stats.norm.ppf(least))
    nothing, all_of_it = np.array([0]), np.array([1000])
    assert epsilon_low(nothing, nothing, 1000, 0.0, 0.01) == epsilon_low(rarer, likelier, 1000, 0.0, 0.01) == 0
    assert mu_low(nothing, rarer, 1000, 0.01) == mu_low(all_of_it, all_of_it, 1000, 0.01) == 0
    assert epsilon_low(all_of_it, nothing, 1000, 0.0, 0.01) > 4


def test_a_separation_within_delta_alone_has_no_epsilon_and_one_just_beyond_has() -> None:
    """At epsilon 0 the delta of a mu-Gaussian mechanism is 2 Phi(mu / 2) - 1: 0.01 at this mu."""
    mu = 2 * stats.norm.ppf(0.505)
    assert epsilon_of_mu(mu * 0.999, 0.01) == 0
    assert 0 < epsilon_of_mu(mu * 1.001, 0.01) < 0.001


@pytest.mark.parametrize("epsilon", [0.01, 1.0, 8.0])
def test_epsilon_of_a_separation_inverts_the_calibration(epsilon: float) -> None:
    mu = 1 / calibrate("discrete gaussian", epsilon, 1e-6, 1.0)
    assert epsilon_of_mu(mu, 1e-6) == pytest.approx(epsilon, rel=2e-3)
    assert epsilon_of_mu(0.0, 1e-6) == epsilon_of_mu(1e-7, 1e-6) == 0
    assert epsilon_of_mu(60.0, 1e-6) == math.inf
