"""The catalogue as a page for people: ``python -m fedlore.catalogue.page > docs/measures.md``."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from fedlore.catalogue.load import Catalogue, load_catalogue
from fedlore.catalogue.measure import GROUPS, Measure

_HEAD = """\
# Every measure

{count} measures in sixteen domains: what may be asked of a project, agreed before any repository is read. This page is
made from `src/fedlore/catalogue/measures/*.toml` by `make measures`.

A *yes-no* measure is true or false for every project; the others may be absent. A *histogram* says which of its bins
the value falls in, a *mean* counts what lies outside its bounds as the nearer of them. *Practices* are paired with
*outcomes* when a federation learns what goes with success; *descriptors* are asked alone.

*Human commits* are the commits reachable from HEAD that are no merges and whose author is neither a bot nor a coding
agent; their time is the committer's, and one author is one address after HEAD's `.mailmap`. *The last year* is the 365
days up to a project's newest human commit, not up to today: what a project did last can be told of one that has fallen
silent, too, and how long it has been silent is asked by `success.survival`. Packages and languages are looked at up to
the newest commit of anybody. *as_of* is the day that a round, or `observe`, looks back from; whatever happened after
that day is left out.

A shallow clone does not hold what lies before its cut. What asks when something began, who is new or how old something
is, is absent there, yes-no measures too (they count as no in a contribution); all else tells of the commits it holds.
"""


def page(catalogue: Catalogue) -> str:
    """All measures by group and domain, in the catalogue's order, as Markdown."""
    return "\n".join(_lines(catalogue)) + "\n"


def _lines(catalogue: Catalogue) -> Iterator[str]:
    yield _HEAD.format(count=len(catalogue.measures))
    for group, domains in GROUPS.items():
        yield f"## {_words(group)}\n"
        for domain in domains:
            measures = catalogue.of_domains([domain])
            yield f"### {_words(domain)} (`{domain}`)\n"
            for measure in measures:
                yield from _measure(measure)


def _measure(measure: Measure) -> Iterator[str]:
    yield f"**`{measure.id}`** {measure.question}  "
    yield f"{_shape(measure)}. {measure.definition}  "
    yield f"*Source:* {measure.source}\n"


def _shape(measure: Measure) -> str:
    shape = f"*{measure.kind}, {measure.role}*"
    if measure.bins:
        return f"{shape}; {measure.quantity}: {', '.join(measure.bin_labels)}"
    if measure.bounds is not None:
        return f"{shape}; {measure.quantity}, {measure.bounds[0]:g} to {measure.bounds[1]:g}"
    return shape


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


if __name__ == "__main__":
    sys.stdout.write(page(load_catalogue()))
