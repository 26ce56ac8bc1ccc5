"""What all manifests of a project say as time goes by, and when that changed for each package."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Said = Mapping[str, frozenset[str]]
"""What one version of a manifest says: version constraints by package."""

_WEEK_SECONDS = 7 * 86_400


@dataclass(slots=True)
class Track:
    """What is known of one package so far: Unix seconds, and the constraints that it has or had last.

    ``last`` is when no manifest declared it any more (None: one does), ``touched`` when one last changed what it says
    of it.
    """

    first: int
    changed: int
    touched: int
    constraints: frozenset[str]
    last: int | None = None
    changes: int = 0
    returns: int = 0


@dataclass(slots=True)
class Replay:
    """The manifests of a project at one time, by path and by package, and every package's track up to then."""

    tracks: dict[str, Track] = field(default_factory=dict)
    _declared: dict[int, set[str]] = field(default_factory=dict)
    _declaring: dict[str, dict[int, frozenset[str]]] = field(default_factory=dict)

    def has(self, path: int) -> bool:
        """Whether anything is known of a manifest."""
        return path in self._declared

    def change(self, path: int, old: Said, new: Said) -> set[str]:
        """Let a manifest say what is new in one version against another; returns the packages concerned.

        A package that was removed here while another branch keeps it is not brought back by that branch's next version.
        """
        packages = self._declared.setdefault(path, set())
        changed = {package for package, _ in old.items() ^ new.items()}
        changed -= (old.keys() & new.keys()) - packages
        for package in changed:
            if package in new:
                packages.add(package)
                self._declaring.setdefault(package, {})[path] = new[package]
            else:
                packages.discard(package)
                self._declaring.get(package, {}).pop(path, None)
        return changed

    def says(self, path: int) -> dict[str, frozenset[str]]:
        """What a manifest says at this time."""
        return {package: self._declaring[package][path] for package in self._declared.get(path, ())}

    def note(self, packages: Iterable[str], time: int) -> None:
        """Bring the tracks of these packages up to date after a commit."""
        for package in packages:
            where = self._declaring.get(package, {})
            constraints = frozenset(one for some in where.values() for one in some if one)
            if where and package not in self.tracks:
                self.tracks[package] = Track(time, time, time, constraints)
            elif package in self.tracks:
                _go_on(self.tracks[package], time, constraints if where else None)


def _go_on(track: Track, time: int, constraints: frozenset[str] | None) -> None:
    """A package's track after a commit that touched it; no constraints: no manifest declares it any more.

    A package that is back within a week was moved, or its removal reverted: it was never gone.
    """
    track.touched = time
    if constraints is None:
        track.last = time if track.last is None else track.last
        return
    if track.last is not None and time - track.last > _WEEK_SECONDS:
        track.returns += 1
    track.last = None
    if constraints != track.constraints:
        track.changes += 1
        track.changed, track.constraints = time, constraints
