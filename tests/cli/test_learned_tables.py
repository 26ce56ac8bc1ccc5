"""What `learn patterns` prints: effects first, then shares, then of each distribution the fullest bin."""

from __future__ import annotations

import pytest

from fedlore.cli.forecasting import show_checked
from fedlore.cli.tables import show_statements
from fedlore.learn.expected import EVEN_PAIR, RELEASED
from fedlore.privacy.forecast import Forecast
from tests.learn.making import CATALOGUE, said

SAID = (
    said("code.tests", "share", 0.6, 0.5, 0.7),
    said("code.tests~success.alive", "odds ratio", 4.0, 2.0, 8.0, discovery=True, q_value=0.01),
    *(said(f"code.size[{index}]", "bin share", share, 0.1, 0.7) for index, share in enumerate((0.2, 0.53, 0.27))),
    said("code.age", "mean", 3.0, 2.0, 4.0),
)


def test_what_stands_out_comes_first_and_bins_last_and_folded(capsys: pytest.CaptureFixture[str]) -> None:
    show_statements(SAID, CATALOGUE, "here", all_bins=False)
    text = capsys.readouterr().out
    order = [text.index(words) for words in ("what goes with success", "how common: here", "means and distributions")]
    assert order == sorted(order)
    assert text.count("code.size:") == 1
    assert "53 %" in text
    assert "--all-bins shows every bin" in text
    show_statements(SAID, CATALOGUE, "here", all_bins=True)
    whole = capsys.readouterr().out
    assert whole.count("code.size:") == 3
    assert "--all-bins" not in whole


def test_how_a_forecast_held_says_what_it_could_not_know(capsys: pytest.CaptureFixture[str]) -> None:
    for assumed, told in ((EVEN_PAIR, True), (RELEASED, False)):
        show_checked({"odds ratio": None}, [Forecast("a~b", "odds ratio", 0.1, 0.2, assumed)])
        text = capsys.readouterr().out
        assert "odds ratio unbounded" in text
        assert ("odds ratios of rarer ones come out wider" in text) is told
