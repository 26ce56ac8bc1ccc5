"""H6: an archive whose paths lead out of its folder is bytes like any other: nothing unpacks one."""

from __future__ import annotations

import ast
import io
import tarfile
import zipfile
from pathlib import Path

import fedlore
from fedlore.observe.project import observe_project
from tests.observe.making import AS_OF, make_repository

_UNPACKING = {"extract", "extractall", "unpack_archive", "_extract_member"}
"""A cache may be read from a compressed file into memory; nothing makes files of one."""


def _zip(name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, "out")
    return buffer.getvalue()


def _tar(name: str, target: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        link = tarfile.TarInfo(name)
        link.type, link.linkname = tarfile.SYMTYPE, target
        archive.addfile(link)
        archive.addfile(tarfile.TarInfo(f"{name}/escaped"))
    return buffer.getvalue()


def test_archives_with_paths_out_of_the_project_write_nothing(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    repository = make_repository(
        inside / "r",
        {
            "a.zip": _zip("../../escaped"),
            "b.whl": _zip(f"{tmp_path}/escaped"),
            "c.tar": _tar("link", str(tmp_path)),
            "vendor.jar": _zip("..\\..\\escaped"),
            "a.py": b"def f() -> int: return 1\n",
        },
    )
    observed = observe_project(repository, as_of=AS_OF)
    assert observed.error is None
    assert observed.languages == ("python",)
    assert [path.name for path in tmp_path.rglob("*escaped*")] == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["inside"]


def test_no_module_unpacks_anything() -> None:
    root = Path(fedlore.__file__).parent
    modules = sorted(root.rglob("*.py"))
    assert len(modules) > 100
    for module in modules:
        used = {node.attr for node in ast.walk(ast.parse(module.read_bytes())) if isinstance(node, ast.Attribute)}
        assert not used & _UNPACKING, module
