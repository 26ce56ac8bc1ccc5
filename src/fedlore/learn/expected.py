"""How wide a round's intervals will be: the very intervals, made for sums such as the round may release.

The sums are spread evenly over what sampling and noise make likely (a lattice rule: Korobov 1959), so that a forecast
is the same whenever it is made and needs no randomness. Nothing is read but what is public before the round: the plan,
the cohort, the number of projects, and shares that were released earlier.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.special import ndtri

from fedlore.catalogue.load import Catalogue
from fedlore.catalogue.measure import MeasureId
from fedlore.catalogue.plan import Plan
from fedlore.learn.associations import cells
from fedlore.learn.intervals import Estimates, Noise, Ratio
from fedlore.learn.odds import log_odds_ratios
from fedlore.learn.statement import Statement
from fedlore.learn.sums import Floats, Sums
from fedlore.privacy.earlier import Earlier
from fedlore.privacy.forecast import (
    Forecast,
    bin_halfwidth,
    log_odds_halfwidth,
    mean_halfwidth,
    members_halfwidth,
    share_halfwidth,
)

RELEASED = "at the share that an earlier release says"
NEAREST = "at the shares nearest to one half that an earlier release allows; at those that it says, nothing can be said"
EVEN = "at a share of one half, where intervals of shares are widest"
EVEN_PAIR = "at shares of one half, where intervals of odds ratios are narrowest"
EVEN_BINS = "at bins that hold alike many projects, all of which have a value"
BINS_OF_SOME = "at bins that hold alike many of the projects that have a value by an earlier release"
SPREAD_OF_SOME = "at the middle of the bounds, of the projects that have a value by an earlier release"
SPREAD = "at the middle of the bounds, where all projects have a value"
HALF_OF_MEMBERS = "at half of the members"
TYPICAL = 0.2
"""A share whose interval is wider than this to either side says too little to forecast others by."""

_DRAWS = 67
_STEPS = (1, 18, 27, 45)
_PAIR_DRAWS = 31
_PAIR_STEPS = (1, 7, 12, 18)


@dataclass(frozen=True, slots=True)
class Setting:
    """What is known before a round: its plan, the members and projects in it, and the shares released earlier.

    ``earlier`` holds the intervals of those shares.
    """

    plan: Plan
    catalogue: Catalogue
    members: int
    projects: int
    shares: Mapping[MeasureId, float]
    earlier: Mapping[MeasureId, Earlier] = field(default_factory=dict)


def released_shares(said: Iterable[Statement]) -> dict[MeasureId, float]:
    """The newest share of each measure that was said within `TYPICAL`; statements come oldest first."""
    return {
        MeasureId(one.id): one.estimate
        for one in said
        if one.kind == "share" and one.low is not None and one.high is not None and one.high - one.low <= 2 * TYPICAL
    }


def forecasts(setting: Setting) -> tuple[Forecast, ...]:
    """The median half-width that each statement's interval will have, in the order of the plan's questions."""
    # No sums are read: what is wanted is the noise that the plan puts into each of them.
    nothing = np.zeros(len(setting.plan.slots), dtype=np.int64)
    sums = Sums.from_release(setting.plan, nothing, setting.members)
    return (
        *_shares(setting, sums),
        *_pairs(setting, sums),
        *_bins(setting, sums),
        *_means(setting, sums),
        *_members(setting, sums),
        *_templates(setting, sums),
    )


def ratios(expected: Iterable[Forecast], said: Iterable[Statement]) -> dict[str, float]:
    """The median of observed over expected half-width for each kind of statement: 1 where the forecast was right.

    Infinite where most intervals of a kind have no bound though one was expected. What was reckoned at the best that
    an earlier release allows is no forecast to be held to.
    """
    forecast = {one.id: one.total for one in expected if math.isfinite(one.total) and one.assumed != NEAREST}
    found: dict[str, list[float]] = {}
    for one in said:
        # A bin's forecast stands under its histogram.
        name = one.id.partition("[")[0]
        if name in forecast:
            found.setdefault(one.kind, []).append(_halfwidth(one) / forecast[name])
    return {kind: float(np.median(values)) for kind, values in found.items()}


def _halfwidth(one: Statement) -> float:
    if one.low is None or one.high is None:
        return math.inf
    return math.log(one.high / one.low) / 2 if one.kind == "odds ratio" else (one.high - one.low) / 2


def _shares(setting: Setting, sums: Sums) -> list[Forecast]:
    count_sd, n = float(sums.noise_sd[0]), float(setting.projects)
    found = []
    for name, sd in zip(setting.plan.shares, np.sqrt(sums.variance_of("share")), strict=True):
        p = setting.shares.get(name, 0.5)
        first, second = _deviates(_DRAWS, _STEPS[:2])
        whole = n + count_sd * first
        coded = n * (2 * p - 1) + np.sqrt(4 * n * p * (1 - p) + sd**2) * second
        noise = Noise((count_sd**2 + sd**2) / 4, count_sd**2, count_sd**2 / 2, sums.excess_kurtosis)
        width = _median(Ratio((whole + coded) / 2, whole, noise).interval())
        alone = share_halfwidth(n, float(sd), p, count_sd=count_sd).noise
        found.append(Forecast(name, "share", alone, width, RELEASED if name in setting.shares else EVEN))
    return found


def _pairs(setting: Setting, sums: Sums) -> list[Forecast]:
    if not setting.plan.pairs:
        return []
    sds = sums.noise_of_pairs()
    said = np.array([[setting.shares.get(name, 0.5) for name in pair] for pair in setting.plan.pairs])
    widths = _widths_of_pairs(setting.projects, said, sds, sums.excess_kurtosis)
    best = np.array([[_nearest_half(setting, name) for name in pair] for pair in setting.plan.pairs])
    doubtful = np.isinf(widths) & (best != said).any(axis=1)
    if doubtful.any():
        at_best = _widths_of_pairs(setting.projects, best[doubtful], sds[doubtful], sums.excess_kurtosis)
        widths[doubtful], said[doubtful] = at_best, best[doubtful]
    released = [RELEASED if setting.shares.keys() >= set(pair) else EVEN_PAIR for pair in setting.plan.pairs]
    rows = zip(setting.plan.pairs, said.tolist(), sds.tolist(), widths.tolist(), doubtful, released, strict=True)
    return [
        Forecast(
            "~".join(pair),
            "odds ratio",
            log_odds_halfwidth(setting.projects, sd, p, q).noise,
            width,
            NEAREST if in_doubt else assumed,
        )
        for pair, (p, q), sd, width, in_doubt, assumed in rows
    ]


def _nearest_half(setting: Setting, name: MeasureId) -> float:
    return setting.earlier[name].nearest_half if name in setting.earlier else setting.shares.get(name, 0.5)


def _widths_of_pairs(projects: int, ends: Floats, sds: Floats, excess_kurtosis: float) -> Floats:
    """The median half-width of each pair's log odds ratio at its two shares; alike pairs are reckoned once."""
    kinds, which = np.unique(np.hstack([ends.round(2), sds]), axis=0, return_inverse=True)
    tables = np.concatenate([_tables(projects, row[:2], row[2:]) for row in kinds])
    odds = log_odds_ratios(tables, np.repeat(kinds[:, 2:], _PAIR_DRAWS, axis=0), excess_kurtosis)
    medians = np.median(((odds.high - odds.low) / 2).reshape(len(kinds), _PAIR_DRAWS), axis=1)
    return np.asarray(medians[which.ravel()], dtype=np.float64)


def _tables(projects: int, ends: Floats, sds: Floats) -> Floats:
    """Noised cells of independent measures with these two shares: shape ``(_PAIR_DRAWS, 4)``."""
    x, y = 2 * ends - 1
    free_x, free_y = projects * (1 - x**2), projects * (1 - y**2)
    of_n, of_x, of_y, of_s = _deviates(_PAIR_DRAWS, _PAIR_STEPS)
    practice, outcome = np.sqrt(free_x + sds[1] ** 2) * of_x, np.sqrt(free_y + sds[2] ** 2) * of_y
    # What of a margin's deviation is sampling's also moves the product, if the other measure is not even.
    drawn = y * practice * free_x / (free_x + sds[1] ** 2) + x * outcome * free_y / (free_y + sds[2] ** 2)
    product = projects * x * y + drawn + np.sqrt(projects * (1 - x**2) * (1 - y**2) + sds[3] ** 2) * of_s
    whole = projects + sds[0] * of_n
    rows = zip(whole, projects * x + practice, projects * y + outcome, product, strict=True)
    return np.concatenate([cells(float(n), x[None], y[None], s[None]) for n, x, y, s in rows])


def _bins(setting: Setting, sums: Sums) -> list[Forecast]:
    found, start = [], 0
    for name, bins in setting.plan.histograms:
        n = _with_value(setting, name)
        variance = sums.variance_of("bin")[start : start + bins]
        start += bins
        one, rest, p = float(variance.mean()), float(variance.sum() - variance.mean()), 1 / bins
        sampled, first, second = _deviates(_DRAWS, _STEPS[:3])
        part = n * p + np.sqrt(n * p * (1 - p)) * sampled + math.sqrt(one) * first
        whole = n + math.sqrt(one) * first + math.sqrt(rest) * second
        width = _median(Ratio(part, whole, Noise(one, one + rest, one, sums.excess_kurtosis)).interval())
        alone = bin_halfwidth(n, math.sqrt(one), bins).noise
        found.append(Forecast(name, "bin share", alone, width, BINS_OF_SOME if name in setting.earlier else EVEN_BINS))
    return found


def _means(setting: Setting, sums: Sums) -> list[Forecast]:
    found = []
    bounds = setting.plan.clipping_bounds(setting.catalogue.measures)
    variances = zip(sums.variance_of("present"), sums.variance_of("mean"), strict=True)
    for (name, (low, high)), (present, mean) in zip(bounds.items(), variances, strict=True):
        first, second = _deviates(_DRAWS, _STEPS[:2])
        n = _with_value(setting, name)
        of_whole = (float(sums.noise_sd[0]) ** 2 + present) / 4
        whole, part = n + math.sqrt(of_whole) * first, math.sqrt(mean) * second
        ratio = Ratio(part, whole, Noise(mean, of_whole, 0.0, sums.excess_kurtosis), (-1.0, 1.0))
        half = (high - low) / 2
        alone = half * mean_halfwidth(n, math.sqrt(mean)).noise
        found.append(
            Forecast(
                name,
                "mean",
                alone,
                half * _median(ratio.interval()),
                SPREAD_OF_SOME if name in setting.earlier else SPREAD,
            )
        )
    return found


def _with_value(setting: Setting, name: MeasureId) -> float:
    """How many projects are expected to have a value: at least one, of which nothing can be said."""
    return max(1.0, setting.projects * (setting.earlier[name].share if name in setting.earlier else 1.0))


def _members(setting: Setting, sums: Sums) -> list[Forecast]:
    names = [f"{name}@members" for name in setting.plan.members]
    return _of_members(names, "members", sums.variance_of("member"), setting, sums)


def _templates(setting: Setting, sums: Sums) -> list[Forecast]:
    return _of_members(setting.plan.templates, "template", sums.variance_of("holder"), setting, sums)


def _of_members(names: Sequence[str], kind: str, variances: Floats, setting: Setting, sums: Sums) -> list[Forecast]:
    members, found = float(setting.members), []
    for name, variance in zip(names, variances, strict=True):
        (first,) = _deviates(_DRAWS, _STEPS[:1])
        bits = members / 2 + math.sqrt(variance) * first
        noise = Noise(variance, 0.0, 0.0, sums.excess_kurtosis)
        ratio = Ratio(bits, np.full_like(bits, members), noise, sampled=False)
        alone = members_halfwidth(math.sqrt(variance)) / members
        found.append(Forecast(name, kind, alone, _median(ratio.interval()), HALF_OF_MEMBERS))
    return found


def _deviates(draws: int, steps: Sequence[int]) -> list[Floats]:
    """Normal deviates at evenly spread levels, one row a step: each row is another order of the same numbers."""
    return [np.asarray(ndtri((np.arange(draws) * step % draws + 0.5) / draws), dtype=np.float64) for step in steps]


def _median(found: Estimates) -> float:
    return float(np.median((found.high - found.low) / 2))
