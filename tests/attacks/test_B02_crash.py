"""B2: a crash between any two steps leaves a ledger that is consistent, and keeps what was said to be kept."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

from tests.attacks.racing import CRASHED, PROCESSES, WAIT_SECONDS, check_consistent, crash_at, work_until_killed

_RANK = {"reserved": 1, "committed": 2, "void": 2}


def test_a_crash_before_any_statement_leaves_all_of_a_step_or_nothing(store_url: Callable[[str], str]) -> None:
    url, states = store_url("ledger"), []
    for statement in range(1, 100):
        child = PROCESSES.Process(target=crash_at, args=(url, f"op{statement}", statement))
        child.start()
        child.join(WAIT_SECONDS)
        states.append(check_consistent(url).get(f"op{statement}", "nothing"))
        if child.exitcode == 0:
            break
        assert child.exitcode == CRASHED
    assert sorted(set(states), key=states.index) == ["nothing", "reserved", "committed"]
    assert states.count("nothing") >= 5
    assert states.count("reserved") >= 5
    assert states.count("committed") == 1  # only the run that did not crash


def test_a_process_killed_at_any_moment_loses_nothing_that_it_reported(store_url: Callable[[str], str]) -> None:
    url, chance, changes = store_url("ledger"), random.Random(20), 0
    for life in range(10):
        receiver, sender = PROCESSES.Pipe(duplex=False)
        child = PROCESSES.Process(target=work_until_killed, args=(url, f"life{life}", sender))
        child.start()
        sender.close()
        reported = [_next(receiver) for _ in range(chance.randint(6, 15))]
        time.sleep(chance.uniform(0.0, 0.02))
        os.kill(child.pid or 0, signal.SIGKILL)
        child.join(WAIT_SECONDS)
        states = check_consistent(url)
        for operation, state in reported + _received(receiver):
            assert _RANK[states[operation]] >= _RANK[state]
            changes += 1
    assert changes > 50


def _next(receiver: Connection) -> tuple[str, str]:
    assert receiver.poll(WAIT_SECONDS), "the child goes on"
    operation, state = receiver.recv()
    return operation, state


def _received(receiver: Connection) -> list[tuple[str, str]]:
    found = []
    try:
        while receiver.poll(0):
            found.append(receiver.recv())
    except EOFError:
        receiver.close()
    return found
