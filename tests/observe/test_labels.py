"""Labels are numbers within their bounds, or a sentence that names the line."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fedlore.observe.owner.labels import KEYS, SATISFACTION, LabelsError, labels_of, strangers
from fedlore.observe.owner.toml_lines import KeyPath, key_lines
from fedlore.observe.projects import observe_projects
from tests.observe.making import AS_OF, make_repository

GOOD = """\
# What we know ourselves.
[shop]
planned_days = 90
actual_days = 120
revenue_growth = 0.25
incidents_per_month = 3
deployments = 40
failed_deployments = 4
team_size = 5.5
satisfaction = { ci = 4, agent = 2.5 }

["web.site"]
started = 2025-01-01
planned_delivery = 2025-03-01
actual_delivery = 2025-02-20
customer_satisfaction = 5

[billing]
on_time = false
[billing.satisfaction]
linter = 1
"""


def refused(folder: Path, text: str | bytes) -> tuple[str, ...]:
    (folder / "outcomes.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(LabelsError) as raised:
        labels_of(folder)
    assert str(raised.value) == "\n".join(raised.value.sentences)
    return raised.value.sentences


def test_labels_are_numbers_by_project_and_what_follows_from_them(tmp_path: Path) -> None:
    (tmp_path / "outcomes.toml").write_text(GOOD)
    labels = labels_of(tmp_path)
    assert set(labels) == {"shop", "web.site", "billing"}
    assert labels["shop"].values == {
        "planned_days": 90,
        "actual_days": 120,
        "slip_days": 30,
        "on_time": 0,
        "revenue_growth": 0.25,
        "incidents_per_month": 3,
        "deployments": 40,
        "failed_deployments": 4,
        "team_size": 5.5,
        "satisfaction.ci": 4,
        "satisfaction.agent": 2.5,
    }
    site = labels["web.site"].values
    assert (site["planned_days"], site["actual_days"], site["slip_days"], site["on_time"]) == (59, 50, -9, 1)
    assert labels["billing"].values == {"on_time": 0, "satisfaction.linter": 1}
    assert all(type(value) is float for found in labels.values() for value in found.values.values())


def test_what_is_stated_outranks_what_follows(tmp_path: Path) -> None:
    (tmp_path / "outcomes.toml").write_text("[shop]\non_time = true\nplanned_days = 10\nactual_days = 11\n")
    assert labels_of(tmp_path)["shop"].values["on_time"] == 1


def test_no_file_means_no_labels_and_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    assert labels_of(tmp_path) == {}
    (tmp_path / "outcomes.toml").mkdir()
    assert labels_of(tmp_path) == {}


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("incidents_per_month = 'many'", "incidents_per_month is a number from 0 to 10000, not 'many'"),
        ("incidents_per_month = -1", "incidents_per_month is a number from 0 to 10000, not -1"),
        ("incidents_per_month = nan", "incidents_per_month is a number from 0 to 10000, not nan"),
        ("incidents_per_month = true", "incidents_per_month is a number from 0 to 10000, not true"),
        ("deployments = 1.5", "deployments is a whole number from 0 to 100000, not 1.5"),
        (f"deployments = 0x1{'0' * 5000}", "deployments is a whole number from 0 to 100000, not one so large"),
        ("on_time = 1", "on_time is true or false, not 1"),
        ("started = '2025-01-01'", "started is a date from 1970-01-01 to 2199-12-31, without quotes, not '2025-01-01'"),
        ("started = 2025-01-01T10:00:00", "started is a date from 1970-01-01 to 2199-12-31, without quotes, not"),
        ("incident_per_month = 3", "incident_per_month is no key here; the nearest that is one is incidents_per_month"),
        ("satisfaction = 3", "satisfaction is a table, such as satisfaction = { ci = 4 }"),
        ("satisfaction.lint = 3", "lint is no key here; the nearest that is one is linter"),
        ("satisfaction.ci = 6", "ci is a number from 1 to 5, not 6"),
        ("zzz = 3", "zzz is no key here; known are on_time, planned_days,"),
        ("deployments = 3\nfailed_deployments = 4", "deployments are fewer than failed_deployments"),
        ("planned_delivery = 2025-01-01\nstarted = 2025-01-02", "planned_delivery is before started"),
    ],
)
def test_a_mistake_is_one_sentence_with_its_line(tmp_path: Path, line: str, sentence: str) -> None:
    text = f'[other]\nteam_size = 4\n\n[shop]\n# """\nteam_size = 4 # [shop]\n{line}\n'
    (told,) = refused(tmp_path, text)
    assert told.startswith(f"outcomes.toml, line 7: {sentence}")
    assert "\n" not in told and len(told) < 300


def test_every_mistake_is_told_and_nothing_of_such_a_file_is_used(tmp_path: Path) -> None:
    told = refused(tmp_path, "on_time = true\n[shop]\nteam_size = 0\n[web.site]\nteam_size = 3\n")
    assert told == (
        "outcomes.toml, line 1: on_time is not the table of a project, such as [on_time]",
        "outcomes.toml, line 3: team_size is a number from 0.1 to 10000, not 0",
        "outcomes.toml, line 4: site is no key here; "
        "known are "
        + ", ".join([key.name for key in KEYS] + ["satisfaction"])
        + '; a name with a dot stands in quotes: ["web.site"]',
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"[shop]\nteam_size = \n", "outcomes.toml, line 2: Invalid value (column 13)"),
        (b"[shop]\n[shop]\n", "outcomes.toml, line 2: Cannot declare ('shop',) twice (column 6)"),
        (b"[shop]\nteam_size = 1 # \xff\n", "outcomes.toml, line 2: this is not UTF-8"),
        (b"[shop]\nx = " + b"[" * 5000, "outcomes.toml: it nests values too deeply, or a number has too many digits"),
        (b"[shop]\nx = " + b"9" * 5000, "outcomes.toml: it nests values too deeply, or a number has too many digits"),
        (b"#" * (2 << 20), "outcomes.toml: not read: outcomes.toml is longer than 262144 bytes"),
    ],
)
def test_a_broken_file_is_one_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    assert refused(tmp_path, content) == (sentence,)


def test_a_byte_order_mark_and_windows_lines_are_read(tmp_path: Path) -> None:
    (tmp_path / "outcomes.toml").write_bytes(b"\xef\xbb\xbf[shop]\r\nteam_size = 4\r\n")
    assert labels_of(tmp_path)["shop"].values == {"team_size": 4}
    (told,) = refused(tmp_path, b"\xef\xbb\xbf[shop]\r\nteam_size = '4'\r\n")
    assert told.startswith("outcomes.toml, line 2:")


def test_labels_of_unknown_projects_are_told(tmp_path: Path) -> None:
    """Once, with the first project of the folder that can be read, and with file and line."""
    paths = [make_repository(tmp_path / name, {"a.py": b"x = %d\n" % at}) for at, name in enumerate(("shop", "web"))]
    (tmp_path / "empty").mkdir()
    (tmp_path / "outcomes.toml").write_text("[shop]\non_time = true\n\n[shpo]\non_time = true\n[empty]\n")
    sentence = (
        "outcomes.toml, line 4: there is no project shpo here; its labels are not used; the nearest that is one is shop"
    )
    assert strangers(tmp_path) == (sentence,)
    assert strangers(tmp_path / "shop") == ()
    for jobs in (1, 2):
        found = observe_projects([tmp_path / "empty", *paths], as_of=AS_OF, jobs=jobs)
        assert [one.notes for one in found] == [(), (sentence,), ()]


def test_a_stranger_s_name_is_cut_and_the_nearest_project_named(tmp_path: Path) -> None:
    (tmp_path / "good").mkdir()
    (tmp_path / "notes.txt").write_text("no project")
    long = "x" * 3000
    (tmp_path / "outcomes.toml").write_text(f'[Good]\n["notes.txt"]\n[{long}]\n')
    where, unused = "outcomes.toml, line", "here; its labels are not used"
    assert strangers(tmp_path) == (
        f"{where} 1: there is no project Good {unused}; the nearest that is one is good",
        f"{where} 2: there is no project notes.txt {unused}",
        f"{where} 3: there is no project {long[:40]}... {unused}",
    )
    for text in (f"{long} = 1\n", f"[shop]\n{long} = 1\n", f"[shop]\n[shop.{long}]\n", f"[{long}.x]\n"):
        (told,) = refused(tmp_path, text)
        assert len(told) < 600


def test_a_file_that_is_broken_during_the_work_costs_no_result(tmp_path: Path) -> None:
    path = make_repository(tmp_path / "shop", {"a.py": b"x = 1\n"})
    file = tmp_path / "outcomes.toml"
    file.write_text("[shop]\non_time = true\n\n[gone]\n")

    def broken(*_: int) -> None:
        file.write_text("[broken")

    (found,) = observe_projects([path], as_of=AS_OF, progress=broken)
    assert file.read_text() == "[broken"
    assert found.features is not None
    assert found.notes == ("outcomes.toml, line 4: there is no project gone here; its labels are not used",)


def test_keys_have_bounds_and_meanings() -> None:
    names = [key.name for key in KEYS]
    assert len(set(names)) == len(names) >= 12
    for key in (*KEYS, *SATISFACTION):
        assert key.meaning
        assert key.low < key.high or key.kind in ("true or false", "date")


def lines_by_parsing(text: str) -> dict[KeyPath, int]:
    """The same as `key_lines`, from nothing but `tomllib`: a key begins after the last prefix that has it not."""
    found: dict[KeyPath, int] = {}
    lines = text.split("\n")
    last = 0
    for count in range(1, len(lines) + 1):
        try:
            table = tomllib.loads("\n".join(lines[:count]) + "\n")
        except tomllib.TOMLDecodeError:
            continue
        for path in paths_in(table, ()):
            found.setdefault(path, last + 1)
        last = count
    return found


def paths_in(value: object, path: KeyPath) -> list[KeyPath]:
    if isinstance(value, dict):
        return [found for key, inner in value.items() for found in [(*path, key), *paths_in(inner, (*path, key))]]
    if isinstance(value, list):
        return [found for inner in value for found in paths_in(inner, path)]
    return []


KEY = st.sampled_from(["a", "b-1", '"q.r"', "'s t'", '"\\u0041"', "1"])
PLAIN = (
    *("1", "-0.5e3", "true", "inf", "1979-05-27T07:32:00Z", "1979-05-27 07:32:00", "07:32:00", '"a # b = [c]"'),
    *("'x = \"'", '"\\" ] }"', '"""\nx = 1\n"""', "'''\n[t]\n\"\"\"'''", '""""quoted"""""', "'''''''", '"""\\\n """'),
)
VALUE = st.recursive(
    st.sampled_from(PLAIN),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda some: "[" + ", ".join(some) + "]"),
        st.lists(inner, min_size=1, max_size=3).map(lambda some: "[ # c ]\n" + ",\n".join(some) + ",\n]"),
        st.dictionaries(KEY, inner, max_size=3).map(
            lambda some: "{ " + ", ".join(f"{key} = {value}" for key, value in some.items()) + " }"
        ),
    ),
    max_leaves=6,
)
LINE = st.one_of(
    st.tuples(st.lists(KEY, min_size=1, max_size=2), VALUE).map(
        lambda pair: f" {' . '.join(pair[0])}\t= {pair[1]} # é"
    ),
    st.lists(KEY, min_size=1, max_size=2).map(lambda keys: f"[ {'.'.join(keys)} ] # ["),
    KEY.map(lambda key: f"[[{key}]]"),
    st.sampled_from(["", "# a = 1", "\t"]),
)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(st.lists(LINE, max_size=8).map("\n".join))
@example('a = [{ b-1 = [\n1, { "q.r" = 2 }], \'s t\' = """\n"""}]\n1 = 2')
def test_the_lines_of_keys_are_those_that_the_parser_sees(text: str) -> None:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        # The walk ends for any text, even for one that nobody asks about.
        key_lines(text)
        return
    found, wanted = key_lines(text), lines_by_parsing(text)
    assert found.keys() == wanted.keys()
    # A key within a value of several lines stands on a line of its own, which parsing cannot tell.
    assert all(wanted[path] <= line for path, line in found.items())
    assert all(wanted[path] == line for path, line in found.items() if wanted[path[:-1] or path] != wanted[path])
    assert all(text.split("\n")[line - 1].find(path[-1][:1]) >= 0 or "\\u" in text for path, line in found.items())
