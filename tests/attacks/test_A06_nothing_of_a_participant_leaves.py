"""A6: one word stands in every name that the projects chose; it is found in nothing that leaves a participant."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fedlore.contribute import envelope as envelopes
from fedlore.engine import FederatedLearningEngine
from fedlore.federation import machine as machines
from fedlore.federation.transports.local import LocalLink
from tests.repositories import make_organisations

WORD = "qzvkcanary"
NOW = int(time.time())


def _forms(word: str) -> list[bytes]:
    raw = word.encode()
    digests = [hashlib.new(name, raw) for name in ("sha1", "sha256")]
    # In the middle of a longer text base64 depends on the offset, so each of the three is looked for.
    shifted = [base64.b64encode(b"\0" * offset + raw)[4 if offset else 0 : -4] for offset in range(3)]
    return [
        raw,
        raw.hex().encode(),
        *shifted,
        *(d.hexdigest().encode() for d in digests),
        *(d.digest() for d in digests),
    ]


NAMES = [
    WORD,
    *(f"{WORD}-project{number}" for number in range(12)),
    *(f"src/{WORD}/{WORD}_{number}.py" for number in range(10)),
    *(f"{WORD} person{number}" for number in range(3)),
    *(f"{WORD}{number}@example.org" for number in range(3)),
    *(f"feat: {WORD} change {number}" for number in range(10)),
    f"{WORD}_fn",
    f"{WORD}-internal",
    f"{WORD}.js",
]
FORMS = [form for name in NAMES for form in _forms(name)]


def _found(data: bytes) -> list[bytes]:
    lowered = data.lower()
    return [form for form in FORMS if form in data or form.lower() in lowered]


@pytest.fixture(scope="module")
def organisations(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return make_organisations(tmp_path_factory.mktemp("repositories"), 5, 12, WORD, seed=11, now=NOW)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """Everything that any participant hands to the transport."""
    messages: list[bytes] = []

    def listening(method: Callable[..., bytes]) -> Callable[..., bytes]:
        def listen(link: LocalLink, argument: Any) -> bytes:
            answer = method(link, argument)
            messages.append(answer)
            return answer

        return listen

    for name in ("advertise", "contribute", "unmask"):
        monkeypatch.setattr(LocalLink, name, listening(getattr(LocalLink, name)))
    yield messages


async def _leaks(
    organisations: list[Path], home: Path, sent: list[bytes], caplog: pytest.LogCaptureFixture
) -> list[str]:
    """Run a federation over the repositories, and say where the word is found."""
    caplog.set_level(logging.DEBUG)
    engine = FederatedLearningEngine({"epsilon": 16.0, "delta": 1e-5}, home=home, jobs=1)
    configs = {
        place.name: {"organization": place.name, "repositories": sorted(place.iterdir())} for place in organisations
    }
    made = await engine.initialize_federation(configs)
    results = [
        await engine.federated_pattern_learning({"learning_type": kind, "epsilon": 4.0, "delta": 1e-6})
        for kind in ("code_patterns", "technology_trends")
    ]
    assert all(result["aggregated_patterns"]["global_patterns"] for result in results)
    assert len(sent) == 2 * 3 * len(organisations)
    public = {
        "initialization": json.dumps(made, default=str).encode(),
        "results": json.dumps(results).encode(),
        "messages": b"\n".join(sent),
        "log": caplog.text.encode(),
        **{f"coordinator's {path.name}": path.read_bytes() for path in (home / "coordinator").iterdir()},
    }
    assert len(public["messages"]) > 2000
    return sorted(name for name, data in public.items() if _found(data))


async def test_nothing_that_leaves_holds_a_word_of_the_participant(
    organisations: list[Path], tmp_path: Path, sent: list[bytes], caplog: pytest.LogCaptureFixture
) -> None:
    assert await _leaks(organisations, tmp_path, sent, caplog) == []
    own = b"".join(path.read_bytes() for path in (tmp_path / "participants").rglob("*") if path.is_file())
    assert _found(own), "the participant's own store does know its repositories' paths"


async def test_a_band_that_names_a_path_is_found(
    organisations: list[Path],
    tmp_path: Path,
    sent: list[bytes],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    honest = machines.bands_of
    monkeypatch.setattr(machines, "bands_of", lambda seen: replace(honest(seen), languages=(seen[0].path.name,)))
    assert "coordinator's coordinator.sqlite" in "".join(await _leaks(organisations, tmp_path, sent, caplog))


async def test_an_envelope_that_hashes_a_name_is_found(
    organisations: list[Path],
    tmp_path: Path,
    sent: list[bytes],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leaked = hashlib.sha256(f"src/{WORD}/{WORD}_4.py".encode()).hexdigest()
    monkeypatch.setattr(envelopes, "asked", lambda _plan: (leaked,))
    assert await _leaks(organisations, tmp_path, sent, caplog) == ["results"]
