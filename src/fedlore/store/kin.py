"""Which fingerprints are of one project: those once seen together, for good.

A history that another one is merged into keeps its budget, and takes on what the other has spent; see
`fedlore.federation.machine.fingerprints_of`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, insert, select

from fedlore.store.tables import project_kin


def families(connection: Connection) -> dict[str, str]:
    """The fingerprint that stands for each one's project; those that were never seen with another are left out."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            parent[name] = name = parent[parent[name]]
        return name

    for one, other in connection.execute(select(project_kin.c.project, project_kin.c.kin)):
        first, second = sorted((root(one), root(other)))
        parent[second] = first
    return {name: root(name) for name in list(parent)}


def unknown(connection: Connection, groups: Iterable[Sequence[str]]) -> bool:
    """Whether fingerprints of one project (a group) are not known to be."""
    family = families(connection)
    return any(len({family.get(name, name) for name in group}) > 1 for group in groups)


def join(connection: Connection, groups: Iterable[Sequence[str]]) -> None:
    """Keep that the fingerprints of each group are of one project."""
    family = families(connection)
    known = {tuple(row) for row in connection.execute(select(project_kin.c.project, project_kin.c.kin))}
    for group in groups:
        for name in group[1:]:
            pair = (group[0], name)
            if family.get(pair[0], pair[0]) != family.get(name, name) and pair not in known:
                connection.execute(insert(project_kin).values(project=pair[0], kin=name))
                known.add(pair)
