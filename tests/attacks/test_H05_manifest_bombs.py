"""H5: manifests made to exhaust a parser, to reach outside or to be misread end soon, with one warning or none."""

from __future__ import annotations

import time

import pytest

from fedlore.observe.blobs import examine
from fedlore.observe.facts import Facts
from fedlore.observe.manifests.reading import LARGEST_BYTES, MANIFEST_KINDS, read_manifest

SECONDS = 3.0
"""Of processor time; on an idle machine the slowest of all takes one."""

TOML = ("pyproject.toml", "cargo.toml", "pipfile", "libs.versions.toml")
JSON = ("package.json", "composer.json")
XML = ("pom.xml", "msbuild", "packages.config")

LAUGHS = b"<!DOCTYPE p [<!ENTITY a 'aaaaaaaaaa'>%s]><p><dependency><groupId>&z;</groupId></dependency></p>" % b"".join(
    b"<!ENTITY %c '%s'>" % (letter, b"&%c;" % (letter - 1) * 10) for letter in range(ord("b"), ord("z") + 1)
)
REFUSED = {
    **{(kind, "billion laughs"): LAUGHS for kind in XML},
    **{(kind, "outside entity"): b"<!DOCTYPE p [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><p>&a;</p>" for kind in XML},
    **{(kind, "outside type"): b"<!DOCTYPE p SYSTEM 'file:///etc/passwd'><p/>" for kind in XML},
    **{(kind, "deep elements"): b"<a>" * 90_000 for kind in XML},
    **{(kind, "unknown entity"): b"<p>&nbsp;</p>" for kind in XML},
    **{(kind, "odd encoding"): b"<?xml version='1.0' encoding='rot13'?><p/>" for kind in XML},
    **{(kind, "dotted keys"): b"a." * 100_000 + b"a = 1\n" for kind in TOML},
    **{(kind, "dotted headers"): b"[" + b"a." * 100_000 + b"a]\n" for kind in TOML},
    **{(kind, "dotted keys between strings"): b"x = {" + b"'b'." * 70_000 + b"a = 1}\n" for kind in TOML},
    **{(kind, "deep arrays"): b"a = " + b"[" * 200_000 for kind in TOML},
    **{(kind, "deep tables"): b"a = " + b"{a = " * 50_000 for kind in TOML},
    **{(kind, "huge integer"): b"a = " + b"9" * 250_000 for kind in TOML},
    **{(kind, "key twice"): b"[a]\nb = 1\nb = 2\n" for kind in TOML},
    **{(kind, "deep arrays"): b"[" * 200_000 for kind in JSON},
    **{(kind, "deep objects"): b'{"a":' * 50_000 for kind in JSON},
    **{(kind, "huge integer"): b'{"require": {"a/a": ' + b"9" * 250_000 + b"}}" for kind in JSON},
    **{(kind, "wrong encoding"): b"\xff{}" for kind in JSON},
    ("setup.py", "deep brackets"): b"(" * 200_000,
    ("setup.py", "deep sums"): b"setup(install_requires=" + b"-" * 200_000 + b"1)",
    ("setup.py", "long sums"): b"setup(install_requires=" + b"[]+" * 90_000 + b"[])",
    ("setup.py", "huge integer"): b"x = " + b"9" * 250_000,
    ("setup.py", "null"): b"x = 1\0",
}


def read(kind: str, data: bytes) -> tuple[Facts, float]:
    begin = time.process_time()
    facts = examine(kind, data)
    return facts, time.process_time() - begin


@pytest.mark.parametrize(("kind", "bomb"), REFUSED, ids=lambda value: str(value).replace(" ", "-"))
def test_bombs_are_refused_with_one_warning(kind: str, bomb: str) -> None:
    data = REFUSED[kind, bomb]
    assert len(data) <= LARGEST_BYTES
    facts, seconds = read(kind, data)
    assert facts == Facts(warning=f"a broken manifest ({kind}) was not read")
    assert seconds < SECONDS


STRANGE = {
    "numbers that are none": (
        "package.json",
        b'{"dependencies": {"a": NaN, "b": Infinity, "c": 1e999999, "d": -0, "e": null, "f": ["1"]}}',
        {f"pkg:npm/{name}": "" for name in "abcdef"},
    ),
    "infinity in TOML": ("cargo.toml", b"[dependencies]\na = nan\nb = inf\nc = {version = -inf}\n", None),
    "keys twice": ("package.json", b'{"dependencies": {"a": "1"}, "dependencies": {"b": "2"}}', {"pkg:npm/b": "2"}),
    "half a character": ("package.json", b'{"dependencies": {"\\ud800": "1", "a": "\\udfff"}}', {"pkg:npm/a": "?"}),
    "escapes": ("package.json", b'{"dependencies": {"a": "\\u001b[31m\\u202e1"}}', {"pkg:npm/a": "?[31m?1"}),
    "paths": ("package.json", b'{"dependencies": {"../../x": "1", "": "1", "/": "1"}}', None),
    "long names": ("package.json", b'{"dependencies": {"%s": "%s"}}' % (b"a" * 100_000, b"1" * 100_000), {}),
    "long constraints": ("package.json", b'{"dependencies": {"a": "%s"}}' % (b"1" * 100_000), {"pkg:npm/a": "1" * 200}),
    "code": ("setup.py", b"import os\nos.abort()\nsetup(install_requires=[__import__('os').abort()])\n", {}),
    "names of names": (
        "setup.py",
        b"a0 = ['x']\n"
        + b"".join(b"a%d = a%d + a%d\n" % (n, n - 1, n - 1) for n in range(1, 60))
        + b"setup(tests_require=a59)",
        {"pkg:pypi/x": ""},
    ),
}


@pytest.mark.parametrize("case", STRANGE)
def test_strange_values_are_texts_or_nothing(case: str) -> None:
    kind, data, expected = STRANGE[case]
    facts, seconds = read(kind, data)
    assert facts.warning == ""
    assert expected is None or dict(facts.packages) == expected
    assert all(package.isascii() and constraint.isascii() for package, constraint in facts.packages)
    assert seconds < SECONDS


UNITS = (
    *("a", "a.", "a_.", "a-", " ", "\t", "\n", "\\\n", "[", "(", "{", "-", "'", '"', "[[a]]\n", "a\n # via\n", ", 'a'"),
    *("a.b/", "%q<", "${", "${a}", "x+", "<a>", "gem 'a', ", "implementation ", "FROM --a ", "uses: ", "  - a\n", "a;"),
    "a==1 --hash=sha256:a \\\n",
)
HEADS = {
    "environment.yml": "dependencies:\n",
    "setup.cfg": "[options]\ninstall_requires =",
    "go.mod": "require (\n",
    "gemfile": "gem 'a', ",
    "build.gradle": "implementation ",
    "dockerfile": "FROM ",
    "workflow.yml": "uses: ",
}


@pytest.mark.parametrize("kind", sorted(MANIFEST_KINDS))
def test_no_reader_takes_more_than_its_time_for_the_largest_manifest(kind: str) -> None:
    """Repeated pieces bring out what takes the square of the length or worse."""
    slowest = 0.0
    for unit in UNITS:
        data = (HEADS.get(kind, "") + unit * (LARGEST_BYTES // len(unit))).encode()[:LARGEST_BYTES]
        begin = time.process_time()
        packages, warning = read_manifest(kind, data)
        slowest = max(slowest, time.process_time() - begin)
        assert len(packages) <= 5_000
        assert warning == "" or warning.count("manifest") == 1
    assert slowest < SECONDS
