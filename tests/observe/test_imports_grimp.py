"""Import edges of Python packages are those that grimp finds by importing rules of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import grimp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fedlore.observe.evidence import SourceFile
from fedlore.observe.imports.resolve import imports_of
from tests.observe.sources import python_imports

MODULES = ("__init__", "one", "two", "sub/__init__", "sub/one", "sub/three", "sub/deep/__init__", "sub/deep/four")
NAMES = ("pkg", "one", "two", "sub", "three", "deep", "four", "missing", "os")
dotted = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map(".".join)
imports = st.one_of(
    st.lists(dotted.map(lambda name: f"pkg.{name}"), min_size=1, max_size=2).map(
        lambda names: "import " + ", ".join(names)
    ),
    st.builds(
        lambda dots, base, names: f"from {'.' * dots}{base if dots or base else 'pkg'} import {names}",
        st.integers(0, 2),
        st.one_of(st.just(""), dotted, dotted.map(lambda name: f"pkg.{name}")),
        st.one_of(
            st.just("*"),
            st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map(lambda names: f"({', '.join(names)},)"),
            st.sampled_from(NAMES).map(lambda name: f"{name} as other"),
        ),
    ),
)
packages = st.fixed_dictionaries({module: st.lists(imports, max_size=4) for module in MODULES})


def grimp_edges(folder: Path, package: str, monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    with monkeypatch.context() as patch:
        patch.syspath_prepend(str(folder))
        patch.delitem(sys.modules, package, raising=False)
        graph = grimp.build_graph(package, cache_dir=None)
    pairs = {(one, other) for one in graph.modules for other in graph.find_modules_directly_imported_by(one)}
    return {(one, other) for one, other in pairs if one != other}


def our_edges(folder: Path) -> set[tuple[str, str]]:
    paths = sorted(folder.rglob("*.py"))
    files = [
        SourceFile(bytes(path.relative_to(folder)), "", "python", 0, imports=python_imports(path.read_text()))
        for path in paths
    ]
    names = [".".join(path.relative_to(folder).with_suffix("").parts).removesuffix(".__init__") for path in paths]
    return {(names[one], names[other]) for one, other in imports_of(files).edges}


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(package=packages)
def test_generated_packages(
    package: dict[str, list[str]], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("generated")
    for module, lines in package.items():
        path = folder / "pkg" / f"{module}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        # `from . import a` in a package at the top may lead above it: grimp refuses what Python refuses.
        kept = [line for line in lines if line.count(".", 0, 8) <= module.count("/") + 1]
        path.write_text("\n".join(kept) + "\n")
    assert our_edges(folder) == grimp_edges(folder, "pkg", monkeypatch)


WRITTEN = {
    "shop/__init__.py": "from shop.api import serve\nfrom . import models\n",
    "shop/api.py": "import shop.models.order as order\nfrom .models import (\n    customer,\n    order,\n)\n",
    "shop/models/__init__.py": "from .order import Order, Line as L\nfrom shop import util\nimport json, shop.util\n",
    "shop/models/order.py": "if True:\n    from ..util import total\n\ndef f():\n    from . import customer\n",
    "shop/models/customer.py": "import shop\nfrom shop import *\n",
    "shop/util.py": "from __future__ import annotations\nimport os.path\n",
}


def test_a_package_written_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in WRITTEN.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    ours = our_edges(tmp_path)
    assert ours == grimp_edges(tmp_path, "shop", monkeypatch)
    assert len(ours) == 9
    assert ("shop.models.customer", "shop") in ours
