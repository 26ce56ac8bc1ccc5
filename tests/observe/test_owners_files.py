"""The page on the owner's files says what the code takes."""

from __future__ import annotations

import tomllib
from pathlib import Path

from fedlore.observe.owner.capacity import CAPACITIES, DEFAULT
from fedlore.observe.owner.labels import KEYS, SATISFACTION, labels_of
from fedlore.observe.owner.organisation import organisation_of

PAGE = (Path(__file__).parents[2] / "docs" / "owners-files.md").read_text()


def test_the_page_lists_every_key_with_its_bounds_and_meaning() -> None:
    wanted = [f"| `{key.name}` | {key.words} | {key.meaning} |" for key in KEYS]
    wanted += [f"| `satisfaction.{key.name}` | {key.words} | {key.meaning} |" for key in SATISFACTION]
    rows = [line for line in PAGE.splitlines() if line.startswith("| `") and "|" in line[3:]]
    assert rows[: len(wanted)] == wanted
    assert rows[len(wanted) :] == [
        f"| `{one.name}`{' (default)' * (one.name == DEFAULT)} | {one.repositories} | {one.seconds} | "
        f"{one.seconds_each:g} |"
        for one in CAPACITIES.values()
    ]


def test_the_examples_of_the_page_are_taken(tmp_path: Path) -> None:
    outcomes, settings = (part.partition("```")[0] for part in PAGE.split("```toml\n")[1:])
    assert set(tomllib.loads(outcomes)) == {"shop", "web.site"}
    (tmp_path / "outcomes.toml").write_text(outcomes)
    (tmp_path / "fedlore.toml").write_text(settings)
    assert labels_of(tmp_path)["shop"].values["slip_days"] == 10
    assert organisation_of(tmp_path).team_of("pay-card") == "payments"
