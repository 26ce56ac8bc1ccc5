"""Paths alone tell the language, the author and the tests."""

from __future__ import annotations

import pytest

from fedlore.observe.naming import LANGUAGES, is_by_others, is_test, language_of, spelled


@pytest.mark.parametrize(
    ("path", "language"),
    [
        (b"src/a.py", "python"),
        (b"web/App.TSX", "tsx"),
        (b"web/app.mts", "typescript"),
        (b"lib/x.cjs", "javascript"),
        (b"include/x.h", "c"),
        (b"x.hpp", "cpp"),
        (b"Main.kt", "kotlin"),
        (b"py", ""),
        (b"a.python", ""),
        (b"", ""),
        (b"caf\xff.py", "python"),
        (b"vendor/x/y.go", ""),
        (b"web/node_modules/react/index.js", ""),
        (b"third_party/zlib/zlib.c", ""),
        (b"static/jquery-3.1.min.js", ""),
        (b"api/thing_pb2.py", ""),
        (b"api/thing.pb.go", ""),
        (b"zz_generated.deepcopy.go", ""),
    ],
)
def test_language(path: bytes, language: str) -> None:
    assert language_of(path) == language


def test_by_others_looks_at_whole_folder_names() -> None:
    assert is_by_others(b"a/vendor/b.txt")
    assert not is_by_others(b"vendors_of_food/b.py")
    assert not is_by_others(b"src/vendor.py")


@pytest.mark.parametrize(
    "path",
    [
        b"tests/a.py",
        b"pkg/test_a.py",
        b"pkg/a_test.py",
        b"conftest.py",
        b"web/a.test.ts",
        b"web/a.spec.tsx",
        b"web/__tests__/a.js",
        b"pkg/a_test.go",
        b"src/test/java/A.java",
        b"src/main/ATest.java",
        b"tests/it.rs",
        b"spec/a_spec.rb",
        b"Foo/BarTests.cs",
        b"lib/BarTest.php",
        b"app/src/FooTest.kt",
        b"a_unittest.cc",
        b"test_a.c",
    ],
)
def test_names_of_tests(path: bytes) -> None:
    assert is_test(path, language_of(path))


@pytest.mark.parametrize(
    "path", [b"src/a.py", b"contest.py", b"latest/a.py", b"attest.go", b"src/Contest.java", b"web/spectre.ts"]
)
def test_names_of_other_files(path: bytes) -> None:
    assert language_of(path)
    assert not is_test(path, language_of(path))


def test_every_language_is_spelled_as_people_write_it() -> None:
    for name in LANGUAGES:
        assert spelled(name) != name, name
    assert [spelled(name) for name in ("csharp", "cpp", "typescript", "cobol")] == ["C#", "C++", "TypeScript", "cobol"]
