"""Measures of the source that tests hold to limits and ``make quality`` prints: sizes, shapes, words, types and twins.

Each measure reads the files of the checkout as text or syntax trees; nothing is imported. ``LIMITS`` is the one place of every limit.
"""

import ast
import io
import re
import statistics
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "k8sconsole"
TESTS = ROOT / "tests"

Function = ast.FunctionDef | ast.AsyncFunctionDef

BANNED = ("told", "anew", "whoever", "somebody", "nobody", "stands", "lent", "hurts", "befall", "reckon")
"""Words of a former private dialect; each has a plain replacement in docs/style.md."""

FOR_TESTS = {
    "FixedClock",  # the second implementation of the Protocol ``Clock``, with which tests set the time
    "format_tool_reference",  # renders docs/tools.md: the golden test compares the page with it, and rewrites the page on request
}
"""Definitions of the package that only tests use, each with its reason."""


class Limits(NamedTuple):
    largest_file: int = 450
    small_file: int = 40
    small_share: float = 0.10
    longest_function: int = 40
    median_function: int = 9
    methods: int = 40
    any_per_thousand: float = 10.0
    banned_words: int = 20
    twin_lines: int = 6
    meanings: int = 2
    snapshots: int = 60
    cli_tests: float = 0.3
    store_tests: float = 0.3


LIMITS = Limits()

ROOMS = {
    # folder: (most modules beside __init__, most folders)
    "tools": (10, 7),
    "scanner": (9, 3),
    "runtime": (10, 3),
    "store/sqlite": (12, 4),
}


@cache
def sources(folder: Path = PACKAGE) -> dict[Path, str]:
    return {path: path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.py"))}


@cache
def trees(folder: Path = PACKAGE) -> dict[Path, ast.Module]:
    return {path: ast.parse(text) for path, text in sources(folder).items()}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def count_lines(folder: Path) -> int:
    return sum(text.count("\n") for text in sources(folder).values())


# sizes


def modules() -> dict[Path, int]:
    """Lines of each module. A package's ``__init__`` is its charter and not counted."""
    return {path: text.count("\n") for path, text in sources().items() if path.name not in ("__init__.py", "__main__.py")}


def small_modules() -> dict[Path, int]:
    return {path: lines for path, lines in modules().items() if lines <= LIMITS.small_file}


def room_counts(room: str) -> tuple[int, int]:
    """Modules and folders directly in a room."""
    folder = PACKAGE / room
    files = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
    folders = [path for path in folder.iterdir() if path.is_dir() and path.name != "__pycache__"]
    return len(files), len(folders)


def functions() -> Iterator[tuple[Path, Function, int]]:
    """Every function with its length in lines."""
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, Function):
                yield path, node, (node.end_lineno or node.lineno) - node.lineno + 1


def has_reason(path: Path, node: Function) -> bool:
    """Whether a comment above the function says why it is long."""
    return any("long because" in line for line in sources()[path].splitlines()[max(0, node.lineno - 3) : node.lineno])


def median_function() -> float:
    return statistics.median(length for *_, length in functions())


# classes


class ClassShape(NamedTuple):
    path: Path
    methods: int
    bases: tuple[str, ...]


@cache
def classes() -> dict[str, ClassShape]:
    """Module-level classes by name. Names are unique, which another test proves."""
    found: dict[str, ClassShape] = {}
    for path, tree in trees().items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                bases = tuple(base.id for base in node.bases if isinstance(base, ast.Name))
                found[node.name] = ClassShape(path, sum(isinstance(part, Function) for part in node.body), bases)
    return found


def methods_through_bases(name: str) -> int:
    """Methods of a class and of its bases in this package."""
    shape = classes().get(name)
    return 0 if shape is None else shape.methods + sum(methods_through_bases(base) for base in shape.bases if base != name)


def homes_of_classes() -> dict[str, list[str]]:
    """Every public module-level class name, and the files that define it."""
    homes: dict[str, list[str]] = defaultdict(list)
    for path, tree in trees().items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(name_of(path))
    return homes


# names


def homes_of_functions() -> dict[str, set[str]]:
    """Every module-level function name without its leading underscore, and the rooms' modules that define it."""
    homes: dict[str, set[str]] = defaultdict(set)
    for path, tree in trees().items():
        for node in tree.body:
            if isinstance(node, Function):
                homes[node.name.lstrip("_")].add(name_of(path))
    return homes


def unused_definitions() -> list[str]:
    """Module-level functions, classes and constants whose name occurs nowhere in the package but where it is defined, without those of
    ``FOR_TESTS``."""
    words = Counter(re.findall(r"\w+", "\n".join(sources().values())))
    found = []
    for path, tree in trees().items():
        for node in tree.body:
            names = [node.name] if isinstance(node, Function | ast.ClassDef) else _assigned_names(node)
            found += [
                f"{name_of(path)}: {name}" for name in names if words[name] == 1 and name not in FOR_TESTS and not _is_registered(node)
            ]
    return found


def _assigned_names(node: ast.stmt) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name) and not target.id.startswith("__")]


def _is_registered(node: ast.stmt) -> bool:
    """A decorated function is called by what the decorator registers it with."""
    return isinstance(node, Function | ast.ClassDef) and bool(node.decorator_list)


# words


def banned_words(folder: Path = PACKAGE) -> dict[str, int]:
    """Occurrences in names, docstrings, comments and messages."""
    pattern = re.compile(rf"(?<![a-z])({'|'.join(BANNED)})(?:s|ed)?(?![a-z])", re.IGNORECASE)
    text = "\n".join(sources(folder).values()) if folder != ROOT / "docs" else _documents()
    return Counter(match.lower() for match in pattern.findall(re.sub(r"([a-z])([A-Z])", r"\1 \2", text).replace("_", " ")))


def _documents() -> str:
    pages = [path for path in (*(ROOT / "docs").glob("*.md"), *ROOT.glob("*.md")) if path.name not in ("style.md", "quality.md")]
    return "\n".join(path.read_text(encoding="utf-8") for path in pages)


# types and errors


def count_any(room: str) -> int:
    """Occurrences of ``Any`` as a name."""
    return sum(
        isinstance(node, ast.Name) and node.id == "Any" for path, tree in trees().items() if _in(path, room) for node in ast.walk(tree)
    )


def any_per_thousand(room: str) -> float:
    return 1000 * count_any(room) / sum(text.count("\n") for path, text in sources().items() if _in(path, room))


def _in(path: Path, room: str) -> bool:
    return path.is_relative_to(PACKAGE / room) if room else True


def type_ignores() -> int:
    return sum(text.count("# type: ignore") for text in sources().values())


def broad_excepts() -> list[str]:
    """Handlers of Exception, BaseException or everything."""
    found = []
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ExceptHandler) and (
                node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException"))
            ):
                found.append(f"{name_of(path)}:{node.lineno}")
    return found


def bare_workers() -> list[str]:
    """Uses of textual's own ``@work`` outside the module that wraps it, and of ``run_worker``."""
    found = []
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, Function):
                found += [f"{name_of(path)}:{node.lineno} @work" for each in node.decorator_list if _called_name(each) == "work"]
            if isinstance(node, ast.Call) and _called_name(node) == "run_worker":
                found.append(f"{name_of(path)}:{node.lineno} run_worker")
    return found


def _called_name(node: ast.expr) -> str:
    target = node.func if isinstance(node, ast.Call) else node
    return target.id if isinstance(target, ast.Name) else target.attr if isinstance(target, ast.Attribute) else ""


# twins


class Twin(NamedTuple):
    first: str
    second: str
    lines: int


def twins() -> list[Twin]:
    """Pairs of places that share ``LIMITS.twin_lines`` or more identical lines of code.

    Imports, comments, blank lines and signatures do not count: a class repeats the signatures of the Protocol that it implements.
    """
    size = LIMITS.twin_lines
    places: dict[tuple[str, ...], list[tuple[Path, int, int]]] = defaultdict(list)
    lines = {path: _code_lines(path) for path in sources()}
    for path, code in lines.items():
        for index in range(len(code) - size + 1):
            window = tuple(text for _, text in code[index : index + size])
            if _is_substantial(window):
                places[window].append((path, index, code[index][0]))
    found: dict[tuple[str, str], Twin] = {}
    for homes in places.values():
        for (path, index, line), (other, at, its_line) in pairwise(homes):
            if path != other or at - index >= size:
                key = (name_of(path), name_of(other))
                length = found[key].lines + 1 if key in found else size
                first = found[key] if key in found else Twin(f"{key[0]}:{line}", f"{key[1]}:{its_line}", length)
                found[key] = first._replace(lines=length)
    return sorted(found.values())


def _code_lines(path: Path) -> list[tuple[int, str]]:
    """(line number, text without indentation) of every line that is code."""
    text = sources()[path]
    skipped = _docstring_lines(trees()[path]) | _comment_lines(text) | _signature_lines(trees()[path])
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped and number not in skipped and not stripped.startswith(("import ", "from ", "@")):
            found.append((number, stripped))
    return found


def _is_substantial(window: tuple[str, ...]) -> bool:
    """Whether at least four lines of it say more than punctuation and a name."""
    return sum(len(re.findall(r"\w+", line)) >= 3 for line in window) >= 4


def _docstring_lines(tree: ast.Module) -> set[int]:
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            found |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return found


def _signature_lines(tree: ast.Module) -> set[int]:
    return {
        line for node in ast.walk(tree) if isinstance(node, Function) and len(node.body) for line in range(node.lineno, node.body[0].lineno)
    }


def _comment_lines(text: str) -> set[int]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {token.start[0] for token in tokens if token.type == tokenize.COMMENT and token.line.strip().startswith("#")}


# tests


def share_of_tests(tested: str, *paths: str) -> float:
    """Lines of these test files and folders divided by the lines of a room of the package."""
    lines = 0
    for each in paths:
        path = TESTS / each
        lines += count_lines(path) if path.is_dir() else path.read_text(encoding="utf-8").count("\n")
    return lines / count_lines(PACKAGE / tested)


def snapshots() -> int:
    return sum(1 for _ in (TESTS / "tui").rglob("*.svg")) + sum(1 for _ in (TESTS / "tui").rglob("*.raw"))
