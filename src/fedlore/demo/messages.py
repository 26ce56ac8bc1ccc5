"""What the commits of a made-up project say: two habits of writing, each with or without many corrections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor

from fedlore.demo.chance import Chance
from fedlore.demo.texts import read_table


@dataclass(frozen=True, slots=True)
class Person:
    """An author as git writes one; ``zone`` is the offset from UTC (``+0200``)."""

    name: str
    mail: str
    zone: str = "+0000"

    def __str__(self) -> str:
        return f"{self.name} <{self.mail}>"


BOTS = (
    Person("dependabot[bot]", "dependabot[bot]@users.noreply.github.com"),
    Person("renovate[bot]", "renovate[bot]@users.noreply.github.com"),
)
RELEASE_BOTS = (
    Person("github-actions[bot]", "github-actions[bot]@users.noreply.github.com"),
    Person("release-bot", "release-bot@example.org"),
)


def draw_subjects(chance: Chance, number: int, conventional: bool, few_corrections: bool) -> list[str]:
    """Subjects of human commits with ``@topic@`` to fill in.

    At least 65 % of them are conventional, or at most 35 %; at most 13 % are corrections, or 28 to 50 %. Whether a
    commit is a correction does not depend on how it is written; but the first is none.
    """
    least, most = (ceil(0.65 * number), number) if conventional else (0, floor(0.35 * number))
    all_alike = chance.happens(0.5)
    many = (most if conventional else least) if all_alike else chance.whole(least, most)
    low, high = (0, floor(0.13 * number)) if few_corrections else (ceil(0.28 * number), floor(0.5 * number))
    styles = chance.marked(number, many)
    corrections = [False, *chance.marked(number - 1, chance.whole(low, high))]
    pull_requests = chance.happens(0.25)
    subjects = [_subject(chance, style, fix) for style, fix in zip(styles, corrections, strict=True)]
    subjects[0] = "feat: add @topic@" if styles[0] else "Add @topic@"
    if pull_requests:
        subjects = [f"{subject} (#{2 * place + 3})" for place, subject in enumerate(subjects)]
    return subjects


def draw_trailers(chance: Chance, authors: Sequence[Person], team: Sequence[Person], shared: bool) -> list[str]:
    """The trailers of each commit: 15 to 50 % name a co-author from the team, or at most 6 %.

    Some projects also name reviewers, bots, or the author once more; none of these is a co-author.
    """
    number = len(authors)
    low, high = (ceil(0.15 * number), floor(0.5 * number)) if shared else (0, floor(0.06 * number))
    together = chance.marked(number, chance.whole(low, high))
    reviewed = chance.happens(0.2)
    odd = chance.happens(0.15)
    return [
        "\n".join(_trailers(chance, author, team, named, reviewed, odd))
        for author, named in zip(authors, together, strict=True)
    ]


def draw_body(chance: Chance) -> str:
    """A paragraph below the subject, or nothing."""
    return str(chance.pick(read_table("messages")["bodies"])) if chance.happens(0.2) else ""


def _subject(chance: Chance, conventional: bool, correction: bool) -> str:
    kind = ("conventional" if conventional else "plain") + ("_corrections" if correction else "")
    subject = str(chance.pick(read_table("messages")[kind]))
    if not conventional:
        return subject
    sort, _, text = subject.partition(":")
    scope = f"({chance.pick(read_table('messages')['scopes'])})" if chance.happens(0.3) else ""
    return f"{sort}{scope}{'!' if chance.happens(0.05) else ''}:{text}"


def _trailers(
    chance: Chance, author: Person, team: Sequence[Person], together: bool, reviewed: bool, odd: bool
) -> list[str]:
    others = [person for person in team if person != author]
    lines = [f"Co-authored-by: {chance.pick(others)}"] if together else []
    if reviewed and chance.happens(0.3):
        lines.append(f"Reviewed-by: {chance.pick(others)}")
    if odd and chance.happens(0.5):
        lines.append(f"Co-authored-by: {chance.pick([author, BOTS[0]])}")
    return lines
