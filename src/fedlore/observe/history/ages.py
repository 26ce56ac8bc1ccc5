"""The order of commits that have one time: a series that is applied at once."""

from __future__ import annotations

from collections.abc import Sequence

from fedlore.observe.evidence import History


def ages(history: History, commits: Sequence[int]) -> dict[int, int]:
    """How many commits of its own second each of these (rows of the history) follows by way of first parents.

    The table holds the commits asked for and those between them. The work is that of the commits it names, once each.
    """
    times, parents = history.commit_time, history.first_parent
    found: dict[int, int] = {}
    for commit in commits:
        line = [commit]
        while (above := int(parents[line[-1]])) >= 0 and above not in found and times[above] == times[commit]:
            line.append(above)
        age = found.get(above, -1) if above >= 0 and times[above] == times[commit] else -1
        for below in reversed(line):
            age += 1
            found[below] = age
    return found
