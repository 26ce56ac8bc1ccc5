"""Which planted associations are found, through the whole private path, beside other codings, tests and intervals.

Each federation is drawn anew from the operating system's randomness: its truth, its projects, its members' noise
shares and their masks. Beside it stand the same questions asked as one-hot cells at the same price (Gaussian noise for
L2 = sqrt(Q)), Wald's test on our own cells, and profile likelihood as scipy's general minimiser finds it. The last
rows ask the same projects at the same price with the noise split by the shares of an earlier release, and alike.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from scipy.optimize import brentq, minimize
from scipy.special import ndtr

from bench.row import Row, at_most, value
from fedlore.aggregate.masking.coordinator import MaskingCoordinator
from fedlore.aggregate.masking.participant import MaskingParticipant, check_unmask_request
from fedlore.catalogue.load import Catalogue
from fedlore.catalogue.measure import Measure, MeasureId
from fedlore.catalogue.plan import Plan
from fedlore.contribute.encode import encode
from fedlore.demo.population import Bits, draw_projects, draw_truth
from fedlore.learn.associations import FALSE_DISCOVERY_RATE, associations, benjamini_hochberg, cells, correlations
from fedlore.learn.odds import LIMIT
from fedlore.learn.sums import Floats, Sums
from fedlore.privacy.planner import priced
from fedlore.privacy.shares import noise_share
from fedlore.privacy.weighing import weights_for

MEMBERS, HONEST = 12, 8
TABLES_BY_PEER = 1
QUANTILE = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Setting:
    """How many federations of which size, what is asked of them, and the share of planted pairs to be found."""

    projects: int
    practices: int
    outcomes: int
    epsilon: float
    least_power: float
    federations: int

    @property
    def pairs(self) -> int:
        return self.practices * self.outcomes

    @property
    def planted(self) -> int:
        return round(0.15 * self.pairs)

    def __str__(self) -> str:
        return f"{self.projects} projects, {self.pairs} pairs, epsilon {self.epsilon:g}"


LARGE = Setting(projects=1200, practices=15, outcomes=4, epsilon=1, least_power=0.90, federations=200)
SMALL = (
    Setting(projects=400, practices=5, outcomes=4, epsilon=1, least_power=0.65, federations=400),
    Setting(projects=400, practices=15, outcomes=4, epsilon=2, least_power=0.72, federations=200),
    Setting(projects=400, practices=15, outcomes=8, epsilon=4, least_power=0.80, federations=200),
)


SPLIT = (
    (0.5, -0.02, Setting(projects=400, practices=15, outcomes=4, epsilon=1, least_power=0.5, federations=150)),
    (0.25, -0.05, Setting(projects=400, practices=15, outcomes=4, epsilon=2, least_power=0.5, federations=150)),
)


@dataclass(slots=True)
class Found:
    """What came out of the federations of one setting, one entry a federation."""

    power: dict[str, list[float]] = field(default_factory=dict)
    false: dict[str, list[float]] = field(default_factory=dict)
    covers: list[npt.NDArray[np.bool_]] = field(default_factory=list)
    wald_covers: list[npt.NDArray[np.bool_]] = field(default_factory=list)
    planted: list[npt.NDArray[np.bool_]] = field(default_factory=list)
    widths: list[Floats] = field(default_factory=list)
    peer_widths: list[Floats] = field(default_factory=list)

    def note(self, name: str, p_values: Floats, planted: npt.NDArray[np.bool_]) -> None:
        """Count what a test's p-values discover."""
        discovered = benjamini_hochberg(p_values) <= FALSE_DISCOVERY_RATE
        self.power.setdefault(name, []).append(float(discovered[planted].mean()))
        self.false.setdefault(name, []).append(float((discovered & ~planted).sum() / max(discovered.sum(), 1)))


def run() -> list[Row]:
    """About three minutes on one core."""
    rows = _rows(LARGE, _federations(LARGE, peers=True), peers=True)
    for setting in SMALL:
        rows += _rows(setting, _federations(setting, peers=False), peers=False)
    return [*rows, *split()]


def split() -> list[Row]:
    """Power and coverage with the noise split by known shares, beside the same rounds with the same noise in all slots.

    Where the shares are even, the power is higher; where they are not, there is little to gain, and none is lost.

    About a minute on one core.
    """
    rows = []
    for share, least_gain, setting in SPLIT:
        weighed, alike = _split_rounds(share, setting)
        ours, peer = ({name: float(np.mean(found[name])) for name in found} for found in (weighed, alike))
        words = f"noise split by shares of {share:g}, {setting}"
        rows += [
            value(f"planted: power, {words}", ours["power"], low=peer["power"] + least_gain, peer=peer["power"]),
            value(f"planted: false discoveries, {words}", ours["false"], high=0.07, peer=peer["false"]),
            value(f"planted: coverage, {words}", ours["covers"], low=0.93, high=0.985, peer=peer["covers"]),
        ]
    return rows


def _split_rounds(share: float, setting: Setting) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """The same projects asked with the noise split and alike; in each federation one planted pair an outcome."""
    rng = np.random.default_rng()
    alike, catalogue = _plan(setting)
    weighed = priced(replace(alike, weights=weights_for(alike, dict.fromkeys(alike.shares, share))))
    noted: tuple[dict[str, list[float]], ...] = tuple({"power": [], "false": [], "covers": []} for _ in range(2))
    for _ in range(setting.federations):
        chosen = rng.choice(setting.practices, setting.outcomes, replace=False)
        ratios = np.exp(rng.uniform(np.log(2.5), np.log(8), setting.outcomes)) ** rng.choice([-1, 1], setting.outcomes)
        practices = rng.random((setting.projects, setting.practices)) < share
        chances = [_given(practices[:, row], share, ratio) for row, ratio in zip(chosen, ratios, strict=True)]
        projects = np.hstack([practices, rng.random((setting.projects, setting.outcomes)) < np.array(chances).T])
        odds = np.zeros((setting.practices, setting.outcomes))
        odds[chosen, range(setting.outcomes)] = np.log(ratios)
        truth = odds.ravel()
        for plan, found in zip((weighed, alike), noted, strict=True):
            said = associations(_release(plan, catalogue, projects, rng, masked=False))
            found["power"].append(float(said.discovery[truth != 0].mean()))
            found["false"].append(float((said.discovery & (truth == 0)).sum() / max(said.discovery.sum(), 1)))
            found["covers"].append(float(np.mean((said.odds.low <= truth) & (truth <= said.odds.high))))
    return noted[0], noted[1]


def _given(practice: Bits, share: float, ratio: float) -> Floats:
    """P(outcome | practice) where both have this share and their odds this ratio."""
    total = 1 + 2 * share * (ratio - 1)
    both = (total - np.sqrt(total**2 - 4 * ratio * (ratio - 1) * share**2)) / (2 * (ratio - 1))
    return np.where(practice, both / share, (share - both) / (1 - share))


def _rows(setting: Setting, found: Found, *, peers: bool) -> list[Row]:
    power = {name: float(np.mean(shares)) for name, shares in found.power.items()}
    false = {name: float(np.mean(shares)) for name, shares in found.false.items()}
    rows = [
        value(f"planted: power beside {peer}, {setting}", power["ours"], low=setting.least_power, peer=power[peer])
        for peer in ("one-hot", "Wald")
    ]
    rows.append(value(f"planted: false discoveries, {setting}", false["ours"], high=0.06, peer=false["one-hot"]))
    if not peers:
        return rows
    covers, planted = np.concatenate(found.covers), np.concatenate(found.planted)
    wald = np.concatenate(found.wald_covers)
    ours, peer = (float(np.median(np.concatenate(widths))) for widths in (found.widths, found.peer_widths))
    of_all, of_planted = float(covers.mean()), float(covers[planted].mean())
    return [
        *rows,
        value(f"planted: coverage of all pairs, {setting}", of_all, low=0.94, high=0.98, peer=float(wald.mean())),
        value(f"planted: coverage of planted, {setting}", of_planted, low=0.93, peer=float(wald[planted].mean())),
        at_most(f"planted: width beside scipy's profile likelihood, {setting}", ours, peer, 1.1, "log odds"),
    ]


def _federations(setting: Setting, *, peers: bool) -> Found:
    rng = np.random.default_rng()
    plan, catalogue = _plan(setting)
    found = Found()
    for _ in range(setting.federations):
        practices, outcomes = plan.shares[: setting.practices], plan.shares[setting.practices :]
        truth = draw_truth(rng, practices, outcomes, setting.planted)
        projects = draw_projects(truth, setting.projects, rng)
        odds = np.log([truth.odds_ratio(*pair) for pair in plan.pairs])
        planted = odds != 0
        sums = _release(plan, catalogue, projects, rng)
        said = associations(sums)
        found.note("ours", 2 * ndtr(-np.abs(said.z)), planted)
        found.note("one-hot", _one_hot(plan, projects, setting), planted)
        table = _cells(sums)
        sd = float(sums.noise_sd[0]) / 2  # of a cell, where all slots have the same noise
        estimate, error = _wald(table, sd)
        found.note("Wald", 2 * ndtr(-np.abs(estimate / error)), planted)
        found.planted.append(planted)
        found.covers.append((said.odds.low <= odds) & (odds <= said.odds.high))
        found.wald_covers.append(np.abs(estimate - odds) <= QUANTILE * error)
        if peers:
            some = rng.choice(setting.pairs, TABLES_BY_PEER, replace=False)
            found.widths.append(said.odds.high[some] - said.odds.low[some])
            found.peer_widths.append(np.array([_peer_width(table[index], sd) for index in some]))
    return found


def _plan(setting: Setting) -> tuple[Plan, Catalogue]:
    """What is asked, at the product's own price, and a catalogue of made-up yes-no measures for it."""
    practices = [MeasureId(f"practice.{index}") for index in range(setting.practices)]
    outcomes = [MeasureId(f"outcome.{index}") for index in range(setting.outcomes)]
    measures = {
        name: Measure(name, "code_patterns", "pattern_aggregation", "?", "project", "yes-no", role, "made up", "none")
        for names, role in ((practices, "practice"), (outcomes, "outcome"))
        for name in names
    }
    plan = Plan(
        round_id="round",
        federation_id="planted",
        learning_type="code_patterns",
        as_of=0,
        shares=(*practices, *outcomes),
        pairs=tuple((practice, outcome) for practice in practices for outcome in outcomes),
        histograms=(),
        means=(),
        members=(),
        mechanism="discrete gaussian",
        epsilon_micro=round(setting.epsilon * 1e6),
        delta_e15=10**10,
        scale=1,
        noise_scale=1.0,
        least_honest=HONEST,
        min_cohort=MEMBERS,
        catalogue_digest="made up",
    )
    return priced(plan), Catalogue(measures, "made up")


def _release(
    plan: Plan, catalogue: Catalogue, projects: Bits, rng: np.random.Generator, *, masked: bool = True
) -> Sums:
    """Members of uneven size encode, add their noise shares and mask; the coordinator opens the sum.

    Without masks the sum is the same, and sooner there.
    """
    owners = rng.choice(MEMBERS, len(projects), p=rng.dirichlet(np.full(MEMBERS, 5.0)))
    vectors = []
    for member in range(MEMBERS):
        features = [dict(zip(plan.shares, row, strict=True)) for row in projects[owners == member].tolist()]
        noise = noise_share(plan.mechanism, plan.noise_scale, plan.least_honest, len(plan.slots), os.urandom)
        vectors.append(encode(plan, catalogue, features) + noise)
    total = masked_sum(plan, vectors) if masked else np.sum(vectors, axis=0)
    return Sums.from_release(plan, total, MEMBERS)


def masked_sum(plan: Plan, vectors: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    """The sum of one vector a member, shape ``(len(plan.slots),)``, opened by the masking machines of a whole round."""
    identities = {f"member-{index}": Ed25519PrivateKey.generate() for index in range(len(vectors))}
    directory = {name: identity.public_key() for name, identity in identities.items()}
    names = {"round_id": plan.round_id, "plan_digest": plan.digest}
    length = len(plan.slots)
    coordinator = MaskingCoordinator(**names, directory=directory, length=length, members=list(directory))
    participants = [
        MaskingParticipant(
            **names,
            participant_id=name,
            sign=identity.sign,
            directory=directory,
            length=length,
            min_cohort=plan.min_cohort,
            randomness=os.urandom,
        )
        for name, identity in identities.items()
    ]
    for participant in participants:
        coordinator.receive_advertise(participant.advertise())
    roster = coordinator.roster()
    answers = [participant.mask(roster, vector) for participant, vector in zip(participants, vectors, strict=True)]
    for masked, _ in answers:
        coordinator.receive_masked(masked)
    check_unmask_request(coordinator.unmask_request(), roster)
    for _, unmask in answers:
        coordinator.receive_unmask(unmask)
    return coordinator.total()


def _cells(sums: Sums) -> Floats:
    practice, outcome = (sums.share_of(tuple(pair[side] for pair in sums.plan.pairs)) for side in (0, 1))
    return cells(sums.count, practice, outcome, sums.of_kind("pair"))


def _one_hot(plan: Plan, projects: Bits, setting: Setting) -> Floats:
    """P-values of the same score test, had each pair's four cells been asked: one of them moves, so L2 = sqrt(Q)."""
    signs = 2.0 * projects - 1
    practices, outcomes = signs[:, : setting.practices], signs[:, setting.practices :]
    x = np.repeat(practices.sum(axis=0), setting.outcomes)
    y = np.tile(outcomes.sum(axis=0), setting.practices)
    exact = cells(float(len(projects)), x, y, (practices.T @ outcomes).ravel())
    cell_scale = plan.noise_scale * np.sqrt(setting.pairs / len(plan.slots))
    draw = (noise_share(plan.mechanism, cell_scale, HONEST, exact.size, os.urandom) for _ in range(MEMBERS))
    noised = exact + sum(draw).reshape(exact.shape) / plan.scale
    sd = cell_scale / plan.scale * np.sqrt(MEMBERS / HONEST)
    coded = noised @ np.array([[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]]).T
    tests = [correlations(row[0], *(row[column : column + 1] for column in (1, 2, 3)), 2 * sd) for row in coded]
    return 2 * ndtr(-np.abs(np.array([float(phi[0] / error[0]) for phi, error in tests])))


def _wald(table: Floats, sd: float) -> tuple[Floats, Floats]:
    """Log odds ratios and their errors by the delta method, cells at least one half."""
    kept = np.maximum(table, 0.5)
    return np.log(kept) @ [1, -1, -1, 1], np.sqrt(((kept + sd**2) / kept**2).sum(axis=1))


def _peer_width(row: Floats, sd: float) -> float:
    """The width of one table's profile-likelihood interval, each point of the profile minimised by BFGS."""
    start = np.log(np.maximum(row, 1.0))

    def loss(logs: Floats) -> float:
        fitted = np.exp(np.clip(logs, -30, 30))
        spread = fitted + sd**2
        return float(0.5 * np.sum(np.log(spread) + (row - fitted) ** 2 / spread))

    def statistic(log_odds: float) -> float:
        free = minimize(lambda three: loss(np.append(three, log_odds - three[0] + three[1] + three[2])), start[:3])
        return 2 * (float(free.fun) - best) - QUANTILE**2

    fit = minimize(loss, start)
    best, centre = float(fit.fun), float(fit.x @ [1, -1, -1, 1])
    return _root(statistic, centre, LIMIT) - _root(statistic, centre, -LIMIT)


def _root(statistic: Callable[[float], float], inside: float, edge: float) -> float:
    if not abs(inside) < abs(edge) or statistic(edge) < 0:
        return edge * np.inf
    return float(brentq(statistic, inside, edge, xtol=1e-4))
