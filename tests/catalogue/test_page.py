"""The page of measures says what the catalogue says."""

from __future__ import annotations

from pathlib import Path

from fedlore.catalogue.load import load_catalogue
from fedlore.catalogue.page import page

PAGE = Path(__file__).parents[2] / "docs" / "measures.md"


def test_the_page_is_made_from_this_catalogue() -> None:
    assert PAGE.read_text("utf-8") == page(load_catalogue()), "make measures writes it anew"


def test_every_measure_has_its_definition_and_source_on_it() -> None:
    text = PAGE.read_text("utf-8")
    measures = load_catalogue().measures.values()
    assert len(measures) >= 150
    for measure in measures:
        assert f"**`{measure.id}`** {measure.question}" in text
        assert f"*Source:* {measure.source}" in text
