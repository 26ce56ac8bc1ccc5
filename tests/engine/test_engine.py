"""The design's engine over real repositories: its keys, its rounds, its refusals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from fedlore import FederatedLearningEngine, PatternAggregator, PrivacyBudgetTracker
from fedlore.catalogue.errors import FedloreError
from fedlore.catalogue.measure import DOMAINS, GROUPS
from fedlore.engine import EngineError
from fedlore.federation.policy import PolicyRefusal
from fedlore.privacy.ledger import BudgetExceeded
from fedlore.privacy.planner import NothingToSay

ASK = {"learning_type": "workflow_patterns", "epsilon": 8.0, "delta": 1e-6}


def _configs(organisations: list[Path], **more: Any) -> dict[str, dict[str, Any]]:
    return {
        place.name: {"organization": place.name, "repositories": sorted(place.iterdir()), **more}
        for place in organisations
    }


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for many federations: each organisation reads its repositories once, into a cache of its own."""
    return tmp_path_factory.mktemp("home")


async def _engine(organisations: list[Path], home: Path, **more: Any) -> FederatedLearningEngine:
    engine = FederatedLearningEngine({"epsilon": 160.0, "delta": 1e-4}, home=home, jobs=1)
    await engine.initialize_federation(_configs(organisations, **more))
    return engine


def _patterns(result: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = result["aggregated_patterns"]["global_patterns"]
    return found


async def test_initialization_has_the_designs_keys_and_tells_bands_only(organisations: list[Path], home: Path) -> None:
    engine = FederatedLearningEngine({"epsilon": 16.0, "delta": 1e-5}, home=home, jobs=1)
    made = await engine.initialize_federation(_configs(organisations))
    assert set(made) == {
        "federation_id",
        "participants",
        "learning_objectives",
        "privacy_guarantees",
        "aggregation_schedule",
    }
    participant = made["participants"]["org1"]
    assert participant["data_characteristics"]["repositories"] == 10
    assert participant["eligible"] == {"is_eligible": True, "reasons": []}
    assert len(participant["encryption_key"]) == 32
    assert made["privacy_guarantees"]["least_honest"] == 4
    assert made["privacy_guarantees"]["noise_excess"] == round((6 / 4) ** 0.5, 3)
    assert made["privacy_guarantees"]["unit"] == "project"
    assert made["aggregation_schedule"]["rounds"] == 4
    assert {item["domain"] for item in made["learning_objectives"]} == set(DOMAINS)
    assert all(item["forecast_halfwidth"] > item["forecast_noise"] > 0 for item in made["learning_objectives"])
    assert isinstance(engine.privacy_budget, PrivacyBudgetTracker)
    assert isinstance(engine.pattern_aggregator, PatternAggregator)
    assert set(engine.federation_participants) == set(made["participants"])


async def test_who_has_nothing_to_contribute_is_returned_with_reasons_and_not_added(tmp_path: Path) -> None:
    engine = FederatedLearningEngine(home=tmp_path)
    nobody = await engine.register_participant("nobody", {"organization": "nobody", "repositories": []})
    assert nobody["eligible"]["is_eligible"] is False
    assert nobody["eligible"]["reasons"] == ["no repository that could be read"]
    assert engine.federation_participants == {}


async def test_every_learning_type_says_something_with_intervals(organisations: list[Path], home: Path) -> None:
    engine = await _engine(organisations, home)
    kinds = [*GROUPS, *DOMAINS, "success_patterns", "anti_patterns"]
    for turn, kind in enumerate(kinds, start=1):
        result = await engine.federated_pattern_learning({**ASK, "learning_type": kind, "epsilon": 4.0})
        found = _patterns(result)
        assert found, kind
        for said in found.values():
            assert said["low"] is None or said["high"] is None or said["low"] < said["high"]
            assert said["cohort"] == 6
            assert 0 <= said["confidence"] <= 1
            assert said["estimand"]
        metrics = result["privacy_metrics"]
        assert metrics["tight_epsilon"] <= metrics["naive_epsilon"] == engine.privacy_budget.used_epsilon == 4.0 * turn
        assert len(result["learning_outcomes"]["statements"]) == len(found)


async def test_a_retry_returns_the_stored_result_and_another_question_under_its_id_is_refused(
    organisations: list[Path], home: Path
) -> None:
    engine = await _engine(organisations, home)
    first = await engine.federated_pattern_learning(ASK)
    other = await engine.federated_pattern_learning(ASK)
    again = await engine.federated_pattern_learning({**ASK, "round_id": first["round_id"]})
    assert json.dumps(first) == json.dumps(again)
    assert _patterns(first) != _patterns(other)
    assert engine.privacy_budget.used_epsilon == 16.0
    with pytest.raises(EngineError, match="something else"):
        await engine.federated_pattern_learning({**ASK, "epsilon": 4.0, "round_id": first["round_id"]})


async def test_the_steps_of_a_round_can_be_taken_one_by_one(organisations: list[Path], home: Path) -> None:
    engine = await _engine(organisations, home)
    first = await engine.collect_participant_contribution("org1", ASK)
    assert set(first) == {
        "participant_id",
        "contribution_type",
        "privacy_preserved_data",
        "local_patterns",
        "aggregation_metadata",
    }
    assert engine.privacy_budget.used_epsilon == 0.0
    config = {**ASK, "round_id": first["aggregation_metadata"]["round_id"]}
    names = [name for name in engine.federation_participants if name != "org1"]
    rest = [await engine.collect_participant_contribution(name, config) for name in names]
    found = await engine.secure_pattern_aggregation([first, *rest], config)
    assert set(found) >= {"global_patterns", "consensus_patterns", "divergent_patterns", "confidence_scores"}
    assert "workflow.ci" in found["global_patterns"]
    assert engine.privacy_budget.used_epsilon == 8.0


async def test_types_of_patterns_need_k_members_or_more_than_k_projects(organisations: list[Path], home: Path) -> None:
    engine = await _engine(organisations, home)
    result = await engine.federated_pattern_learning({**ASK, "k_anonymity": 20})
    types = result["aggregated_patterns"]["pattern_types"]
    shares = {name: said for name, said in _patterns(result).items() if said["kind"] == "share"}
    enough = {name for name, said in shares.items() if said["estimate"] * said["projects"] > 20}
    assert enough == types.keys() & shares.keys() != shares.keys()
    assert all(behind > 20 for behind in types.values())


async def test_few_members_get_no_consensus_but_the_reason(organisations: list[Path], home: Path) -> None:
    engine = await _engine(organisations, home)
    result = await engine.federated_pattern_learning({**ASK, "epsilon": 1.0})
    for key in ("consensus_patterns", "divergent_patterns"):
        assert result["aggregated_patterns"][key] == {"patterns": {}, "reason": "too few members to say"}


async def test_consensus_is_said_where_the_noise_allows_it(organisations: list[Path], home: Path) -> None:
    engine = await _engine(organisations, home)
    config = {
        **ASK,
        "learning_type": "technology_trends",
        "measures": ["technology.python", "technology.go", "technology.docker", "technology.github_actions"],
        "epsilon": 40.0,
        "consensus_threshold": 0.0,
        "divergence_threshold": 0.0,
    }
    result = await engine.federated_pattern_learning(config)
    agreed = result["aggregated_patterns"]["consensus_patterns"]
    assert agreed["reason"] == ""
    assert len(agreed["patterns"]) == 3
    assert all(0 <= held["low"] <= held["estimate"] <= held["high"] <= 1 for held in agreed["patterns"].values())


async def test_only_who_is_interested_takes_part(organisations: list[Path], home: Path) -> None:
    engine = await _engine(organisations[:5], home, learning_interests=["code_patterns"])
    last = _configs(organisations[5:], learning_interests=["workflow_patterns", "code.tests"])
    for name, config in last.items():
        await engine.register_participant(name, config)
    result = await engine.federated_pattern_learning({**ASK, "learning_type": "code_patterns"})
    assert len(result["participant_contributions"]) == 6
    with pytest.raises(PolicyRefusal, match="1 members"):
        await engine.federated_pattern_learning(ASK)


async def test_sums_in_the_clear_need_everybodys_leave_and_say_so(organisations: list[Path], home: Path) -> None:
    strict = await _engine(organisations, home)
    with pytest.raises(PolicyRefusal, match="without masks"):
        await strict.federated_pattern_learning({**ASK, "use_secure_aggregation": False})
    assert strict.privacy_budget.used_epsilon == 0.0
    open_ = await _engine(organisations, home, privacy_requirements={"secure_aggregation": False})
    result = await open_.federated_pattern_learning({**ASK, "use_secure_aggregation": False})
    assert result["aggregated_patterns"]["secure_aggregation"] is False
    assert result["privacy_metrics"]["least_honest"] == 1


async def test_a_participants_cap_and_the_federations_budget_refuse(organisations: list[Path], tmp_path: Path) -> None:
    engine = await _engine(organisations, tmp_path, privacy_requirements={"epsilon": 4.0, "total_epsilon": 6.0})
    with pytest.raises(PolicyRefusal, match="cap of 4"):
        await engine.federated_pattern_learning(ASK)
    await engine.federated_pattern_learning({**ASK, "epsilon": 4.0})
    with pytest.raises(BudgetExceeded, match="takes no part in this round; its owner sees why"):
        await engine.federated_pattern_learning({**ASK, "epsilon": 4.0})
    assert engine.privacy_budget.used_epsilon == 4.0


async def test_a_project_takes_part_until_its_own_budget_over_all_federations_is_spent(
    organisations: list[Path], tmp_path: Path
) -> None:
    with pytest.raises(EngineError, match="project_epsilon and project_delta"):
        await _engine(organisations[:1], tmp_path, privacy_requirements={"project_epsilon": 4.0})
    asks = {"privacy_requirements": {"project_epsilon": 4.0, "project_delta": 1e-5}}
    few = {
        name: {**one, "repositories": one["repositories"][:3]} for name, one in _configs(organisations, **asks).items()
    }
    first, second = [FederatedLearningEngine({"epsilon": 16.0}, home=tmp_path, jobs=1) for _ in range(2)]
    for engine in (first, second):
        await engine.initialize_federation(few)
    ask = {**ASK, "epsilon": 4.0, "force": True}
    assert len((await first.federated_pattern_learning(ask))["participant_contributions"]) == 6
    # Now everybody takes part with noise alone, and the round goes on.
    assert len((await second.federated_pattern_learning(ask))["participant_contributions"]) == 6
    assert (first.privacy_budget.used_epsilon, second.privacy_budget.used_epsilon) == (4.0, 4.0)


async def test_a_round_protects_the_unit_that_it_names(organisations: list[Path], home: Path) -> None:
    engine = await _engine(organisations, home)
    for wrong in ({"privacy_unit": "commit"}, {"most_projects_each": 3}, {"force": 1}):
        with pytest.raises(FedloreError, match=r"unit|force"):
            await engine.federated_pattern_learning({**ASK, **wrong})
    config = {**ASK, "privacy_unit": "organisation", "most_projects_each": 4, "force": True}
    result = await engine.federated_pattern_learning(config)
    assert result["privacy_metrics"]["unit"] == "organisation"
    assert result["aggregated_patterns"]["global_patterns"]


async def test_a_round_that_could_say_nothing_is_refused_unpaid(organisations: list[Path], home: Path) -> None:
    engine = await _engine(organisations, home)
    with pytest.raises(NothingToSay, match="60 projects"):
        await engine.federated_pattern_learning({**ASK, "epsilon": 0.01})
    assert engine.privacy_budget.used_epsilon == 0.0


@pytest.mark.parametrize("option", ["noise_multiplier", "max_grad_norm"])
def test_options_of_federated_averaging_are_refused_rather_than_dead(tmp_path: Path, option: str) -> None:
    with pytest.raises(EngineError, match=option):
        FederatedLearningEngine({option: 7.0}, home=tmp_path)


async def test_a_dictionary_is_noised_and_charged_once(tmp_path: Path) -> None:
    engine = FederatedLearningEngine({"epsilon": 8.0, "delta": 1e-5}, home=tmp_path)
    patterns = {"a": {"counts": {"x": 1000, "y": 0}}, "b": 500, "c": {"values": [1.0, 9.0], "bounds": [0, 10]}}
    drawn = [await engine.apply_differential_privacy(patterns, {"epsilon": 0.5}) for _ in range(8)]
    assert len({json.dumps(noised) for noised in drawn}) == 8
    assert all(abs(noised["a"]["counts"]["x"] - 1000) < 300 for noised in drawn)
    assert all(0 <= value <= 10 for noised in drawn for value in noised["c"]["values"])
    assert engine.privacy_budget.used_epsilon == 4.0
    with pytest.raises(EngineError, match="here 4"):
        await engine.apply_differential_privacy(patterns, {"epsilon": 0.5, "sensitivity": 1.0})
    with pytest.raises(ValueError, match="sensitivity"):
        await engine.apply_differential_privacy({"a": {"note": "text"}}, {"epsilon": 0.5})
    assert engine.privacy_budget.used_epsilon == 4.0


async def test_a_misspelt_option_is_refused_before_it_takes_protection_away(
    organisations: list[Path], home: Path
) -> None:
    with pytest.raises(EngineError, match="epsilom"):
        FederatedLearningEngine({"epsilom": 0.1}, home=home)
    engine = await _engine(organisations, home)
    for config in (
        {**ASK, "epsilom": 0.01},
        {**ASK, "consensus_threshold": "high"},
        {**ASK, "divergence_threshold": 5},
        {**ASK, "use_secure_aggregation": "false"},
        {**ASK, "k_anonymity": 1},
        {"epsilon": 1.0},
    ):
        with pytest.raises(EngineError):
            await engine.federated_pattern_learning(config)
    for wrong in (
        {"privacy_requirements": {"max_epsilon": 0.1}},
        {"repository": []},
        {"contribution_capacity": "gigantic"},
        {"learning_interests": ["nonsense"]},
    ):
        with pytest.raises(FedloreError):
            await engine.register_participant("org9", {"repositories": sorted(organisations[0].iterdir()), **wrong})
    budget = engine.privacy_budget
    assert (budget.used_epsilon, dict(budget.budget_allocations)) == (0.0, {})


async def test_the_round_id_alone_returns_a_released_result(organisations: list[Path], home: Path) -> None:
    engine = await _engine(organisations, home)
    first = await engine.federated_pattern_learning({**ASK, "learning_type": "technology_trends"})
    again = await engine.federated_pattern_learning({"round_id": first["round_id"]})
    assert json.dumps(first) == json.dumps(again)


async def test_contributions_that_were_not_received_are_not_opened(organisations: list[Path], home: Path) -> None:
    engine = await _engine(organisations, home)
    first = await engine.collect_participant_contribution("org1", ASK)
    config = {**ASK, "round_id": first["aggregation_metadata"]["round_id"]}
    forged = {**first, "privacy_preserved_data": [0] * len(first["privacy_preserved_data"])}
    with pytest.raises(EngineError, match="not the contributions"):
        await engine.secure_pattern_aggregation([forged], config)
