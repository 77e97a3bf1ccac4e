"""``make quality``: writes docs/quality.md, every measure of the source beside the limit that a test enforces."""

import re
import statistics
import sys
import tomllib
from collections.abc import Iterator
from typing import NamedTuple

from tests.architecture import measures
from tests.architecture.measures import LIMITS, PACKAGE, ROOMS, ROOT, name_of

PAGE = ROOT / "docs/quality.md"

TOP_ROOMS = tuple(sorted(path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()))


class Figure(NamedTuple):
    """One row of the page. test: the test that enforces the limit, empty where there is none."""

    measure: str
    value: str
    limit: str = "none"
    test: str = ""


def figures() -> Iterator[Figure]:
    yield from _size_figures()
    yield from _shape_figures()
    yield from _word_figures()
    yield from _type_figures()
    yield from _test_figures()


def _size_figures() -> Iterator[Figure]:
    modules = measures.modules()
    largest = max(modules, key=modules.__getitem__)
    small = measures.small_modules()
    yield Figure("modules", str(len(modules)))
    yield Figure("lines of the package", _thousands(sum(modules.values())))
    yield Figure("median file", f"{statistics.median(modules.values()):.0f} lines")
    yield Figure("largest file", f"{modules[largest]} lines: `{name_of(largest)}`", f"{LIMITS.largest_file}", "test_shape.py")
    yield Figure(
        f"modules of {LIMITS.small_file} lines or fewer",
        f"{len(small)}, {100 * len(small) / len(modules):.1f} %",
        f"under {100 * LIMITS.small_share:.0f} %",
        "test_shape.py",
    )
    for room, (most_files, most_folders) in ROOMS.items():
        files, folders = measures.room_counts(room)
        yield Figure(
            f"modules and folders at the root of `{room}`",
            f"{files} and {folders}",
            f"{most_files} and {most_folders}",
            "test_layout.py",
        )


def _shape_figures() -> Iterator[Figure]:
    functions = list(measures.functions())
    path, node, longest = max(functions, key=lambda function: function[2])
    counts = {name: measures.methods_through_bases(name) for name in measures.classes()}
    most = max(counts, key=counts.__getitem__)
    yield Figure("functions", _thousands(len(functions)))
    yield Figure("median function", f"{measures.median_function():.0f} lines", f"{LIMITS.median_function}", "test_shape.py")
    yield Figure(
        "longest function",
        f"{longest} lines: `{node.name}` in `{name_of(path)}`",
        f"{LIMITS.longest_function}, or a comment says why",
        "test_shape.py",
    )
    yield Figure("classes", _thousands(len(counts)))
    yield Figure("most methods of a class, bases included", f"{counts[most]}: `{most}`", f"{LIMITS.methods}", "test_shape.py")
    yield Figure(f"pairs of places with {LIMITS.twin_lines} equal lines", str(len(measures.twins())), "0", "test_shape.py")
    yield Figure("unused definitions", str(len(measures.unused_definitions())), "0", "test_shape.py")
    yield Figure("import contracts", str(count_contracts()), "all kept", "make lint")


def _word_figures() -> Iterator[Figure]:
    for name, folder in (("package", PACKAGE), ("pages", ROOT / "docs")):
        found = sum(measures.banned_words(folder).values())
        yield Figure(f"discouraged words in the {name}", str(found), f"{LIMITS.banned_words}", "test_words.py")
    shared = [name for name, homes in measures.homes_of_classes().items() if len(homes) > 1]
    yield Figure("public class names with several homes", str(len(shared)), "0", "test_words.py")


def _type_figures() -> Iterator[Figure]:
    yield Figure("`# type: ignore`", str(measures.type_ignores()))
    yield Figure("handlers of every exception", str(len(measures.broad_excepts())))
    workers = [place for place in measures.bare_workers() if not place.startswith("k8sconsole/tui/error_policy.py")]
    yield Figure("workers outside the error policy", str(len(workers)), "0", "test_border.py")
    for room in TOP_ROOMS:
        limit = f"{LIMITS.any_per_thousand:.0f}" if room in ("cli", "tui") else "none"
        yield Figure(
            f"`Any` per thousand lines of `{room}`", f"{measures.any_per_thousand(room):.1f}", limit, "test_border.py" * (limit != "none")
        )


def _test_figures() -> Iterator[Figure]:
    yield Figure("pictures of the console", str(measures.snapshots()))
    yield Figure("lines of all tests ÷ lines of the package", f"{measures.count_lines(measures.TESTS) / measures.count_lines(PACKAGE):.2f}")
    for room in TOP_ROOMS:
        paths = [path for path in (f"unit/{room}", *_OTHER_TESTS.get(room, ())) if (measures.TESTS / path).exists()]
        yield Figure(f"lines of tests ÷ lines of `{room}`", f"{measures.share_of_tests(room, *paths):.2f}")


_OTHER_TESTS = {
    "cli": (
        "faults/test_command_line.py",
        "acceptance/test_shell_completion.py",
        "acceptance/test_as_of.py",
        "acceptance/test_time_travel.py",
    ),
    "cluster": (
        "contract/test_contract_reading.py",
        "contract/test_contract_writing.py",
        "contract/test_real_logins.py",
        "faults/test_credentials.py",
    ),
    "demo": ("kubectl",),
    "mcp_server": ("acceptance/test_mcp_clients.py", "acceptance/test_mcp_storm.py"),
    "scanner": ("faults/test_scanner_faults.py", "faults/test_cluster_loss.py", "faults/test_a_hanging_cluster.py"),
    "store": (
        "contract/test_store_contract.py",
        "contract/store_objects.py",
        "faults/test_store_faults.py",
        "faults/test_encrypted_cache.py",
        "faults/test_converting_cache.py",
    ),
    "tools": ("golden", "outside"),
    "tui": ("tui",),
}
"""Tests of one room outside tests/unit. Tests of the whole program are counted for no room, except those of a single command."""


def count_contracts() -> int:
    """The import contracts in pyproject.toml."""
    return len(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"])


def class_table() -> list[tuple[str, int, str]]:
    """The ten classes with the most methods, bases included: name, methods, file."""
    counts = sorted(((measures.methods_through_bases(name), name) for name in measures.classes()), reverse=True)
    return [(name, count, name_of(measures.classes()[name].path)) for count, name in counts[:10]]


def render_page() -> str:
    rows = "\n".join(f"| {one.measure} | {one.value} | {one.limit} | {f'`{one.test}`' if one.test else ''} |" for one in figures())
    classes = "\n".join(f"| `{name}` | {count} | `{path}` |" for name, count, path in class_table())
    return _PAGE.format(rows=rows, classes=classes)


def read_measures(page: str) -> set[str]:
    """The names in the first column of the page's first table."""
    table = page.partition("\n## ")[0]
    return {name for name in re.findall(r"^\| (.+?) \|", table, re.M) if name != "measure"}


def _thousands(number: int) -> str:
    return f"{number:,}".replace(",", " ")


_PAGE = """# Quality

`make quality` writes this page. The measures and their limits are in `tests/architecture/measures.py`; the tests named here enforce them.
The figures are those of the last run; a limit holds at every commit.

| measure | value | limit | enforced by |
|---|---|---|---|
{rows}

## The classes with the most methods

| class | methods, bases included | file |
|---|---|---|
{classes}
"""


if __name__ == "__main__":
    PAGE.write_text(render_page(), encoding="utf-8")
    sys.stdout.write(PAGE.read_text(encoding="utf-8"))
