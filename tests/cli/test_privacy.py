"""`privacy audit`: what it prints, and its own exit code when a claim is refuted."""

from __future__ import annotations

import json

import numpy as np
import pytest

from fedlore.catalogue.plan import Mechanism
from fedlore.cli.main import EXIT_CODES, run
from fedlore.privacy import mechanisms
from fedlore.privacy.sampling import Integers, Randomness

FEW = ["privacy", "audit", "--trials", "4000", "--rounds", "400"]


def test_the_audit_finds_every_mechanism_and_a_whole_round_below_the_claim(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*FEW, "--format", "json"]) == 0
    table = json.loads(capsys.readouterr().out)
    assert table["schema"] == "fedlore.privacy-audit/1"
    assert len(table["findings"]) == 8
    assert sum("whole round" in finding["name"] for finding in table["findings"]) == 4
    for finding in table["findings"]:
        assert 0 <= finding["epsilon_low"] <= finding["epsilon"] == 1
        assert finding["exceeded"] is False


def test_a_refuted_claim_has_an_exit_code_of_its_own(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgotten(mechanism: Mechanism, scale: float, honest: int, length: int, randomness: Randomness) -> Integers:
        return np.zeros(length, dtype=np.int64)

    monkeypatch.setattr(mechanisms, "noise_share", forgotten)
    assert run([*FEW, "--what", "mechanisms"]) == 8
    printed = capsys.readouterr()
    assert printed.out.count("MORE THAN CLAIMED") == 2
    assert "more privacy is lost than claimed: discrete Laplace, one holder" in printed.err
    assert 8 in EXIT_CODES


@pytest.mark.parametrize("option", ["--confidence", "--epsilon", "--delta", "--trials", "--rounds"])
def test_settings_that_audit_nothing_are_refused(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*FEW, option, "0"]) == 2
    assert option in capsys.readouterr().err
