"""The entry point: which command runs, and what becomes of an error."""

import pytest

from k8sconsole import __version__
from k8sconsole.cli import COMMANDS, main, screen
from k8sconsole.errors import ConfigurationError
from tests.unit.cli.conftest import CommandLine


def test_without_a_command_the_console_opens(empty: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen, "open_console", lambda: 7)
    assert empty.run().code == 7


def test_an_error_is_one_line_and_debug_adds_the_traceback(empty: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> int:
        raise ConfigurationError("the kubeconfig is damaged", "line 3", "kubectl config view")

    monkeypatch.setattr(screen, "open_console", fail)
    done = empty.run()
    assert (done.code, done.err) == (2, "error: the kubeconfig is damaged — line 3 (try: kubectl config view)\n")
    debug = empty.run("--debug")
    assert debug.code == 2
    assert "Traceback" in debug.err


def test_a_bug_is_one_line_as_well(empty: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen, "open_console", lambda: 1 // 0)
    done = empty.run()
    assert done.code == 1
    assert done.error.startswith("error: ZeroDivisionError — ")
    assert "--debug" in done.error


def test_an_interrupt_ends_with_130(empty: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(screen, "open_console", interrupt)
    assert empty.run().code == 130


@pytest.mark.parametrize(("word", "nearest"), [("gett", "get"), ("docter", "doctor"), ("xyzzy", "--help")])
def test_an_unknown_command_is_answered_with_the_nearest(empty: CommandLine, word: str, nearest: str) -> None:
    done = empty.run(word)
    assert done.code == 2
    assert f"(try: k8sconsole {nearest})" in done.error


def test_an_unknown_option_names_the_command_s_help(empty: CommandLine) -> None:
    done = empty.run("get", "pods", "--no-such-option")
    assert done.code == 2
    assert "k8sconsole get --help" in done.error


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(empty: CommandLine, command: str) -> None:
    done = empty.run(command, "--help")
    assert done.code == 0
    assert "k8sconsole" in done.out


@pytest.mark.parametrize("words", [("version",), ("--version",)])
def test_the_version_is_printed(empty: CommandLine, words: tuple[str, ...]) -> None:
    assert empty.run(*words).out.startswith(f"k8sconsole {__version__}")


def test_the_version_as_json_names_the_main_libraries(empty: CommandLine) -> None:
    assert {"k8sconsole", "python", "textual", "mcp"} <= set(empty.run("version", "--json").json())


def test_the_garbage_collector_runs_again_after_the_start() -> None:
    import gc

    main._resume_garbage_collection()
    assert gc.isenabled()
