"""The names of the commands, and what happens to an error: one line on stderr and an exit code, never a traceback unless asked for."""

import gc
import os
import sys
import threading
from collections.abc import Sequence

from k8sconsole.cli import COMMANDS
from k8sconsole.errors import ConsoleError

INTERRUPTED = 130
COMPLETING = "_K8SCONSOLE_COMPLETE"
"""Set by a shell that asks what may come next on its line; then the arguments stand in the environment."""
OF_NO_COMMAND = ("--help", "-h", "--install-completion", "--show-completion")
STARTED = 2.0
"""Seconds after which what a start has made is taken to stay."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command line and exits: 0 done, 1 failed, 2 wrong usage, 3 unreachable, 4 denied, 130 interrupted."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _spare_the_collector()
    debug = "--debug" in given
    given = [word for word in given if word != "--debug"]
    if COMPLETING not in os.environ and (not given or (given[0].startswith("-") and given[0] not in OF_NO_COMMAND)):
        given = ["version"] if given[:1] == ["--version"] else ["tui", *given]
    code = _run(given, debug)
    gc.freeze()  # or the interpreter takes every module apart for nobody: 90 ms of a command's end, without it 10
    sys.exit(code)


def _spare_the_collector() -> None:
    """A start makes modules, styles and first rows, all of which stay: looking through them for garbage is a tenth of the time to the
    console's first rows and of a scan, and later a pause of 50 ms under somebody's key. So the collector rests until they stand, and never
    looks at them again."""
    gc.disable()
    settle = threading.Timer(STARTED, _settle)
    settle.daemon = True
    settle.start()


def _settle() -> None:
    gc.freeze()
    gc.enable()


def _run(given: list[str], debug: bool) -> int:
    try:
        result = _obey(given)
    except ConsoleError as error:
        return _report(str(error), error.exit_code, error, debug)
    except BrokenPipeError:
        # Whoever read our output has gone; there is nobody left to tell. Python would complain while flushing at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last border: a person never sees a traceback
        return _foreign(error, given, debug)
    return result if isinstance(result, int) else 0


def _obey(given: list[str]) -> object:
    """The console alone starts without the command-line library, which costs a tenth of its start."""
    if given == ["tui"]:
        from k8sconsole.cli.screen import open_console

        return open_console()
    from k8sconsole.cli.commands import app

    return app(given, prog_name="k8sconsole", standalone_mode=False)


def _foreign(error: Exception, given: list[str], debug: bool) -> int:
    """Errors of the command-line library are usage errors; anything else is ours and says how to see more."""
    kind = type(error).__name__
    if kind == "Abort":
        return INTERRUPTED
    if hasattr(error, "format_message"):
        words = " ".join(str(error.format_message()).split()).rstrip(".")
        command = next((word for word in given if word in COMMANDS), "")
        return _report(f"{words} (try: k8sconsole {command} --help)".replace("  ", " "), 2, error, debug)
    return _report(f"{kind} — {' '.join(str(error).split())} (try: the same with --debug, and report what it shows)", 1, error, debug)


def _report(line: str, code: int, error: Exception, debug: bool) -> int:
    if debug:
        import traceback

        traceback.print_exception(error)
    sys.stderr.write(f"error: {line}\n")
    return code
