"""The border between the faces and the console: typed, and crossed with values only."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from k8sconsole.runtime import api
from k8sconsole.runtime.embedded import EmbeddedConsole
from tests.architecture import measures
from tests.architecture.measures import LIMITS, PACKAGE, ROOT, name_of

FACES = ("cli", "tui", "mcp_server")


@pytest.mark.parametrize("room", ["cli", "tui"])
def test_any_is_rare_where_a_person_asks(room: str) -> None:
    assert measures.any_per_thousand(room) <= LIMITS.any_per_thousand


def test_every_worker_of_the_terminal_console_follows_the_one_error_policy() -> None:
    wrapper = "k8sconsole/tui/error_policy.py"
    assert [place for place in measures.bare_workers() if not place.startswith(wrapper)] == []


@pytest.mark.long
def test_the_console_in_memory_offers_what_the_real_one_does() -> None:
    """The type checker compares it with the Protocols; ``tests/tui/memory.py`` asks it to."""
    mypy = Path(sys.executable).parent / "mypy"
    done = subprocess.run([mypy, "tests/tui/memory.py"], cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout[-2000:]


def test_a_face_never_hands_a_function_to_the_console_s_thread() -> None:
    """Methods of the API take values; only ``runtime.embedded`` runs functions over there."""
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path, tree in measures.trees().items()
        if path.relative_to(PACKAGE).parts[0] in FACES
        for node in ast.walk(tree)
        if isinstance(node, ast.Lambda) and [argument.arg for argument in node.args.args][:1] == ["console"]
    ]
    assert not found


@pytest.mark.parametrize("topic", ["cache", "history", "tools", "clusters", "scanning", "metrics"])
def test_every_method_of_a_topic_can_be_called_from_another_thread(topic: str) -> None:
    """A method is a coroutine or an asynchronous iterator: anything else could not wait for the other thread."""
    protocol = EmbeddedConsole.__annotations__[topic]
    methods = {name: method for name, method in vars(protocol).items() if callable(method) and not name.startswith("_")}
    assert methods
    for name, method in methods.items():
        is_coroutine = bool(method.__code__.co_flags & 0x80)
        returns_iterator = "AsyncIterator" in str(method.__annotations__["return"])
        assert is_coroutine or returns_iterator, f"{protocol.__name__}.{name}"


def test_the_api_names_every_topic_of_the_embedded_console() -> None:
    topics = {name for name in vars(api.ConsoleApi) if not name.startswith("_")} - {"is_open", "clock", "events"}
    assert topics == set(EmbeddedConsole.__annotations__)
