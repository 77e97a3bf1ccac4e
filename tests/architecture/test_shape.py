"""Small calm code: sizes that creep are noticed, and an exception gives its reason where it stands."""

import ast
import statistics
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "k8sconsole"
LONG = 40


def functions() -> list[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef, str]]:
    found = []
    for path in PACKAGE.rglob("*.py"):
        source = path.read_text()
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.append((path, node, source))
    return found


def test_no_function_is_over_forty_lines_without_a_reason_beside_it() -> None:
    for path, node, source in functions():
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        above = source.splitlines()[max(0, node.lineno - 3) : node.lineno]
        reason = any("long because" in line for line in above)
        assert length <= LONG or reason, f"{path.relative_to(PACKAGE)}:{node.lineno} {node.name} has {length} lines"


def test_the_median_function_is_under_ten_lines() -> None:
    lengths = [(node.end_lineno or node.lineno) - node.lineno + 1 for _, node, _ in functions()]
    assert statistics.median(lengths) < 10


def test_no_class_has_become_the_switchboard() -> None:
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                methods = sum(isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef) for part in node.body)
                assert methods <= 30, f"{path.relative_to(PACKAGE)}:{node.lineno} {node.name} has {methods} methods"


def test_every_package_opens_with_its_charter() -> None:
    for path in PACKAGE.rglob("__init__.py"):
        assert ast.get_docstring(ast.parse(path.read_text())), f"{path.relative_to(PACKAGE)} says nothing"
