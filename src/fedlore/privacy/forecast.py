"""How wide an interval will be, before any budget is spent: closed forms for 95 % half-widths."""

from __future__ import annotations

import math
from dataclasses import dataclass

_NORMAL = 1.959963984540054
_CODES = ((1, 1), (1, -1), (-1, 1), (-1, -1))


@dataclass(frozen=True, slots=True)
class Halfwidth:
    """Half of an interval's width: what the noise alone makes of it, and with the sampling of projects."""

    noise: float
    total: float


def share_halfwidth(n: float, noise_sd: float, p: float = 0.5) -> Halfwidth:
    """Of a share of ``n`` projects, in shares of 1; ``noise_sd`` is one slot's, in projects.

    (n + X) / 2n has to first order the noise s^2 (1/4 + (1/2 - p)^2) / n^2 of its two slots.
    """
    return _halfwidth(n, noise_sd**2 * (0.25 + (0.5 - p) ** 2), p * (1 - p))


def bin_halfwidth(n: float, noise_sd: float, bins: int, p: float | None = None) -> Halfwidth:
    """Of the share of one of ``bins`` bins among ``n`` projects that have a value (``p`` defaults to an even share)."""
    share = 1 / bins if p is None else p
    return _halfwidth(n, noise_sd**2 * ((1 - share) ** 2 + (bins - 1) * share**2), share * (1 - share))


def mean_halfwidth(n: float, noise_sd: float, mean: float = 0.0) -> Halfwidth:
    """Of the mean, on the scale of [-1, 1], over ``n`` projects that have a value; sampling at its largest."""
    return _halfwidth(n, noise_sd**2 * (1 + mean**2 / 2), 1 - mean**2)


def log_odds_halfwidth(n: float, noise_sd: float, p: float = 0.5, q: float = 0.5) -> Halfwidth:
    """Of a log odds ratio among ``n`` projects, at independent shares ``p`` and ``q`` of practice and outcome.

    Each cell lambda has half a slot's noise sd, so the variance is the sum of (lambda + sd^2) / lambda^2 by the delta
    method; beyond about 1.5 the likelihood's interval is wider than this says.
    """
    cells = [n * (p if a > 0 else 1 - p) * (q if b > 0 else 1 - q) for a, b in _CODES]
    if min(cells) <= 0:
        return Halfwidth(math.inf, math.inf)
    noise = math.fsum((noise_sd / 2) ** 2 / cell**2 for cell in cells)
    sampling = math.fsum(1 / cell for cell in cells)
    return Halfwidth(_NORMAL * math.sqrt(noise), _NORMAL * math.sqrt(noise + sampling))


def members_halfwidth(noise_sd: float) -> float:
    """Of a number of members, in members: noise alone, as the members are the population."""
    return _NORMAL * noise_sd


def _halfwidth(n: float, noise_variance: float, project_variance: float) -> Halfwidth:
    if n <= 0:
        return Halfwidth(math.inf, math.inf)
    noise = _NORMAL * math.sqrt(noise_variance) / n
    return Halfwidth(noise, math.hypot(noise, _NORMAL * math.sqrt(project_variance / n)))
