"""What the configurations of continuous integration say is counted line by line, whatever else they hold."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedlore.observe.facts import Facts
from fedlore.observe.workflows import read_workflow, workflow_kind

WORKFLOW = b"""\
name: "CI"
on:
  push:
    branches: [main]
  pull_request:
  schedule:
    - cron: '0 0 * * *'
jobs:
  test:   # uses: nobody/nothing@v1
    continue-on-error: true
    uses: ./.github/workflows/own.yml
    steps:
      - uses: actions/checkout@0123456789abcdef0123456789abcdef01234567 # v4
      - name: Set up
        uses: "actions/setup-python@v5"
      - uses: docker://alpine@sha256:%s
      - run: |
          uses: in/a-script@v1
          make test || true
          # make lint || true
      - run: make docs || exit 0
      - run: make more || trueish
        continue-on-error: ${{ matrix.experimental }}
""" % (b"ab" * 32)


def test_a_workflow_of_github() -> None:
    assert read_workflow(WORKFLOW) == Facts(
        {
            "uses": 3,
            "uses_pinned": 2,
            "continue_on_error": 1,
            "or_true": 2,
            "triggers": 3,
            "request_triggers": 1,
        },
        places={"unpinned": (15,), "ignored_failure": (10, 19, 21)},
    )


@pytest.mark.parametrize(
    ("text", "events", "of_requests"),
    [
        (b"on: push\n", 1, 0),
        (b"on: [push, pull_request]\n", 2, 1),
        (b'"on":\n  - merge_group\n  - push\n', 2, 1),
        (b"on:\n- pull_request_target\n- push\njobs:\n  push:\n", 2, 1),
        (b"name: x\non:\n    workflow_call:\n        inputs:\n            pull_request:\n", 1, 0),
        (b"jobs:\n  on:\n    push:\n", 0, 0),
        (b"", 0, 0),
    ],
)
def test_events_in_every_form(text: bytes, events: int, of_requests: int) -> None:
    counts = read_workflow(text).counts
    assert (counts["triggers"], counts["request_triggers"]) == (events, of_requests)


@pytest.mark.parametrize(
    ("line", "passes"),
    [
        (b"  allow_failure: true", True),
        (b"  allow_failure: false", False),
        (b"  continueOnError: True", True),
        (b"  soft_fail: 'true'", True),
        (b"  - failure: ignore", True),
        (b"  allow_failures:", True),
        (b"    - npm audit || true", True),
        (b"    - npm audit || :", True),
        (b"    - npm audit ||true; echo", True),
        (b"    - npm audit || true/false", False),
        (b"    - npm audit || exit 1", False),
        (b"    - npm audit && true", False),
        (b"  # allow_failure: true", False),
    ],
)
def test_lines_that_let_a_failure_pass(line: bytes, passes: bool) -> None:
    found = read_workflow(b"job:\n" + line + b"\n")
    assert found.counts["continue_on_error"] + found.counts["or_true"] == passes
    assert found.places.get("ignored_failure", ()) == ((2,) if passes else ())


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (b".github/workflows/ci.yml", "workflow"),
        (b".github/workflows/ci.yaml", "workflow"),
        (b".gitlab-ci.yml", "workflow"),
        (b".circleci/config.yml", "workflow"),
        (b".buildkite/pipeline.yml", "workflow"),
        (b".github/workflows/deep/ci.yml", ""),
        (b"docs/.gitlab-ci.yml", ""),
        (b".github/workflows/README.md", ""),
        (b"Jenkinsfile", ""),
    ],
)
def test_which_files_are_read(path: bytes, kind: str) -> None:
    assert workflow_kind(path) == kind


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from([b"on:", b"\n", b"  ", b"uses: a@", b"- ", b"|", b"#", b"'", b"\t", b"\xff", b"|| :"])))
def test_any_bytes_have_counts(parts: list[bytes]) -> None:
    counts = read_workflow(b"".join(parts)).counts
    assert 0 <= counts["uses_pinned"] <= counts["uses"]
    assert 0 <= counts["request_triggers"] <= counts["triggers"]


@pytest.mark.parametrize(
    "text", [b" " * 10**6, b"- " * 500_000, b"#" * 10**6, b"a: " * 300_000, b"\n" * 10**6, b"x: |\n" * 200_000]
)
def test_a_megabyte_of_anything_is_read_in_a_moment(text: bytes) -> None:
    begin = process_time()
    read_workflow(text)
    assert process_time() - begin < 3


def test_places_are_few() -> None:
    found = read_workflow(b"- uses: a/b@v1\n" * 1000)
    assert found.counts["uses"] == 1000
    assert found.places["unpinned"] == tuple(range(1, 21))
