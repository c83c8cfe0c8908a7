"""The bounds that keep the package readable: no import circle, no late import without a reason, sizes.

What belongs here: what can be read from the source by its syntax tree. What does not: style and types (`make lint`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.settings import PROJECT_ROOT
from tools import lint_sql

PACKAGE = PROJECT_ROOT / "orchestration"
MOST_LINES, MOST_LINES_OF_FUNCTION, MOST_PARAMETERS = 400, 60, 7

# Each command of the command line imports only what it needs: `clawback --help` must not wait for Dagster.
LATE_BY_DESIGN = {"cli/asking.py", "cli/installation.py", "cli/refreshing.py"}
LAYERS_PAGE = PROJECT_ROOT / "docs" / "layers.md"

FILES = sorted(PACKAGE.rglob("*.py"))
Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def module_of(path: Path, root: Path) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def imports_of(path: Path, modules: set[str]) -> set[str]:
    """Every module of `modules` that a file imports, at the top, inside a function or for its types alone."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            submodules = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (submodules & modules) or {node.module}
    return found & modules


def circle_in(graph: dict[str, set[str]]) -> list[str]:
    """The modules of one circle of imports, in their order; [] if there is none."""
    done: set[str] = set()

    def walk(module: str, way: list[str]) -> list[str]:
        if module in way:
            return way[way.index(module) :]
        if module in done:
            return []
        for other in sorted(graph[module] - {module}):
            if circle := walk(other, [*way, module]):
                return circle
        done.add(module)
        return []

    return next((circle for module in sorted(graph) if (circle := walk(module, []))), [])


def graph_of(root: Path, files: list[Path]) -> dict[str, set[str]]:
    modules = {module_of(path, root) for path in files}
    return {module_of(path, root): imports_of(path, modules) for path in files}


def declared_layers() -> list[list[str]]:
    """The packages and modules of each line of the block in docs/layers.md, from the top."""
    block = LAYERS_PAGE.read_text(encoding="utf-8").partition("```layers\n")[2].partition("```")[0]
    return [line.split(", ") for line in block.splitlines()]


def upward_imports(graph: dict[str, set[str]], layers: list[list[str]]) -> list[str]:
    """Imports that climb, or cross from one package of a line to another; the last line's may use each other."""
    rank = {name: number for number, line in enumerate(layers) for name in line}
    ground, found = len(layers) - 1, []
    for module in sorted(graph):
        own = top_of(module)
        for other in sorted(graph[module]):
            used = top_of(other)
            if own and used and own != used and rank[used] <= rank[own] < ground:
                found.append(f"{module} imports {other}")
            if own and used and own != used and rank[own] == ground != rank[used]:
                found.append(f"{module} imports {other}")
    return found


def top_of(module: str) -> str:
    """The package or module of the first level: "landing" for orchestration.landing.form, "" for the package itself."""
    return module.split(".")[1] if "." in module else ""


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield node


def has_reason(lines: list[str], node: ast.stmt) -> bool:
    """Whether a comment stands on a statement's first line or on the line before it."""
    around = [lines[node.lineno - 1], lines[node.lineno - 2].strip() if node.lineno > 1 else ""]
    return "  # " in around[0] or around[1].startswith("# ")


def unexplained_late_imports(path: Path) -> list[str]:
    """Imports inside a function without a reason; a block of imports needs one, before its first."""
    lines, found = path.read_text(encoding="utf-8").splitlines(), []
    for function in functions(path):
        explained_until = 0
        for node in sorted(ast.walk(function), key=lambda n: getattr(n, "lineno", 0)):
            if not isinstance(node, ast.Import | ast.ImportFrom):
                continue
            between = lines[explained_until : node.lineno - 1] if explained_until else [""]
            follows = explained_until and all(not line.strip() for line in between)
            if follows or has_reason(lines, node):
                explained_until = node.end_lineno or node.lineno
            else:
                found.append(f"{path.name}:{node.lineno} {ast.unparse(node)}")
    return found


def parameters(function: Function) -> int:
    given = function.args
    names = [arg.arg for arg in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return len([name for name in names if name not in ("self", "cls")])


def too_large(path: Path) -> list[str]:
    """Functions beyond a bound, without a comment on the line of `def` or the one before."""
    lines, found = path.read_text(encoding="utf-8").splitlines(), []
    for function in functions(path):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        is_large = length > MOST_LINES_OF_FUNCTION or parameters(function) > MOST_PARAMETERS
        if is_large and not has_reason(lines, function):
            found.append(f"{path.name}:{function.lineno} {function.name}: {length} lines, {parameters(function)} given")
    return found


def test_no_imports_of_the_package_go_in_a_circle():
    assert len(FILES) > 100
    assert circle_in(graph_of(PROJECT_ROOT, FILES)) == []


def test_every_module_imports_from_its_own_layer_and_those_below_it():
    graph, layers = graph_of(PROJECT_ROOT, FILES), declared_layers()
    assert sorted(name for line in layers for name in line) == sorted({top_of(module) for module in graph} - {""})
    assert upward_imports(graph, layers) == []


def test_the_page_of_layers_says_what_each_package_is_for():
    page = LAYERS_PAGE.read_text(encoding="utf-8")
    packages = [path.parent.name for path in FILES if path.name == "__init__.py" and path.parent != PACKAGE]
    assert [name for name in packages if f"| `{name}` |" not in page] == []


@pytest.mark.parametrize("path", FILES, ids=name_of)
class TestEveryModule:
    def test_imports_at_its_top_or_says_why_not(self, path: Path):
        if name_of(path) not in LATE_BY_DESIGN:
            assert unexplained_late_imports(path) == []

    def test_imports_nothing_of_ours_for_its_types_alone(self, path: Path):
        blocks = [
            node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        ]  # fmt: skip
        assert not [line for block in blocks for line in ast.unparse(block).splitlines() if "orchestration" in line]

    def test_is_no_longer_than_the_bound(self, path: Path):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES

    def test_has_no_function_beyond_a_bound_without_a_reason(self, path: Path):
        assert too_large(path) == []


class TestTheBoundsFindWhatTheyForbid:
    def test_a_circle_through_a_late_import(self, tmp_path):
        (tmp_path / "a.py").write_text("import b\n")
        (tmp_path / "b.py").write_text("from c import x\n")
        (tmp_path / "c.py").write_text("def f():\n    import a\n")
        (tmp_path / "d.py").write_text("import a\n")
        assert circle_in(graph_of(tmp_path, sorted(tmp_path.glob("*.py")))) == ["a", "b", "c"]

    def test_an_import_that_climbs_or_crosses(self):
        layers = [["cli"], ["reading", "running"], ["release"], ["settings", "files"]]
        graph = {
            "clawback.cli.app": {"clawback.reading.reader", "clawback.files", "clawback"},
            "clawback.reading.reader": {"clawback.reading.statements", "clawback.release.history"},
            "clawback.running.lock": {"clawback.reading.reader", "clawback.cli.app"},
            "clawback.release.history": {"clawback.running.lock"},
            "clawback.settings": {"clawback.files"},
            "clawback.files": {"clawback.settings", "clawback.release.history"},
        }
        assert upward_imports(graph, layers) == [
            "clawback.files imports clawback.release.history",
            "clawback.release.history imports clawback.running.lock",
            "clawback.running.lock imports clawback.cli.app",
            "clawback.running.lock imports clawback.reading.reader",
        ]

    def test_a_late_import_without_its_reason(self, tmp_path):
        path = tmp_path / "a.py"
        path.write_text(
            "def f():\n    import json\n\n"
            "def g():\n    # it takes seconds\n    import csv\n    from os import path\n\n    import io\n\n"
            "def h():\n    import re  # for start-up\n    x = 1\n    import zlib\n"
        )
        assert unexplained_late_imports(path) == ["a.py:2 import json", "a.py:14 import zlib"]

    def test_a_long_function_and_one_with_many_parameters(self, tmp_path):
        path = tmp_path / "a.py"
        long = "    x = 1\n" * MOST_LINES_OF_FUNCTION
        path.write_text(
            f"def long():\n{long}\n"
            "def many(a, b, c, d, *, e, f, g, h): pass\n"
            "def seven(self, a, b, c, d, *, e, f, g): pass\n"
            "# each is a fact of the request\ndef said(a, b, c, d, e, f, g, h): pass\n"
        )
        assert too_large(path) == ["a.py:1 long: 61 lines, 0 given", "a.py:63 many: 1 lines, 8 given"]


def test_sql_is_linted_until_it_passes_and_again_once_it_is_changed(tmp_path, capsys):
    config = (PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(config, encoding="utf-8")
    file = tmp_path / "queries" / "synthetic.sql"
    file.parent.mkdir()
    file.write_text("SELECT 1 as a\n", encoding="utf-8")
    assert lint_sql.main(tmp_path) != 0
    assert lint_sql.main(tmp_path) != 0, "what failed is linted again"
    file.write_text("select 1 as a\n", encoding="utf-8")
    assert lint_sql.main(tmp_path) == 0
    assert lint_sql.main(tmp_path) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines() if "were linted" in line] == ["1", "0"]
    file.write_text("SELECT 2 as a\n", encoding="utf-8")
    assert lint_sql.main(tmp_path) != 0
