"""B8, B9: noise comes from the operating system under a key of its own for every draw, and only in integers."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import numpy as np
import pytest

from fedlore.privacy.mechanisms import GaussianMechanism, LaplaceMechanism
from fedlore.privacy.sampling import SamplingError
from fedlore.privacy.shares import noise_share
from tests.attacks.racing import PROCESSES, WAIT_SECONDS


def _draw(sender: object) -> None:
    sender.send(LaplaceMechanism(0.001).add_noise([0] * 16).tolist())  # type: ignore[attr-defined]


def test_processes_forked_from_one_parent_draw_different_noise() -> None:
    drawn = []
    for _ in range(3):
        receiver, sender = PROCESSES.Pipe(duplex=False)
        child = PROCESSES.Process(target=_draw, args=(sender,))
        child.start()
        assert receiver.poll(WAIT_SECONDS)
        drawn.append(tuple(receiver.recv()))
        child.join(WAIT_SECONDS)
        receiver.close()
        sender.close()
    assert len(set(drawn)) == 3


@pytest.mark.parametrize(("mechanism", "keys"), [("discrete laplace", 2), ("discrete gaussian", 1)])
def test_every_draw_asks_for_a_key_of_its_own(mechanism: str, keys: int) -> None:
    asked: list[int] = []

    def randomness(length: int) -> bytes:
        asked.append(length)
        return bytes([len(asked)]) * length

    first, second = (noise_share(mechanism, 50.0, 3, 64, randomness) for _ in range(2))  # type: ignore[arg-type]
    assert asked == [32] * 2 * keys
    assert not np.array_equal(first, second)


def test_a_source_that_gives_too_little_is_refused() -> None:
    with pytest.raises(SamplingError):
        noise_share("discrete gaussian", 50.0, 3, 64, lambda length: b"short")


def test_noise_is_integers_whatever_it_is_added_to() -> None:
    for mechanism in (LaplaceMechanism(0.3), GaussianMechanism(0.3, 1e-9)):
        assert mechanism.add_noise(np.array([1.0, 2.0])).dtype == np.int64
        with pytest.raises(ValueError, match="whole numbers"):
            mechanism.add_noise(0.1)


def test_no_pseudo_random_generator_is_used_in_the_package() -> None:
    spec = importlib.util.find_spec("fedlore")
    assert spec is not None
    assert spec.origin is not None
    files = sorted(Path(spec.origin).parent.rglob("*.py"))
    assert len(files) > 30
    for file in files:
        if {"demo", "demo.py"} & set(file.parts):  # made-up repositories; nothing there is noise
            continue
        for node in ast.walk(ast.parse(file.read_bytes())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                names = [f"{node.value.id}.{node.attr}"]
            parts = {part for name in names for part in name.split(".")}
            assert not parts & {"random", "default_rng", "RandomState"}, f"{file.name}: {names}"
