"""The entry point: runs one command line, and turns an error into one line on stderr and an exit code. ``--debug`` adds the traceback."""

import gc
import os
import sys
import threading
from collections.abc import Sequence

from k8sconsole.cli import COMMANDS
from k8sconsole.cli.output import say, set_encoding
from k8sconsole.errors import ConsoleError, refusal_of
from k8sconsole.kit.descriptors import raise_descriptor_limit

INTERRUPTED = 130
COMPLETION = "_K8SCONSOLE_COMPLETE"
"""Set by a shell that requests completion; the arguments are then in the environment."""
GLOBAL_OPTIONS = ("--help", "-h", "--install-completion", "--show-completion")
STARTED = 2.0
"""Seconds after which the objects that a start made are taken to be permanent."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command line and exits: 0 done, 1 failed, 2 wrong usage, 3 unreachable, 4 denied, 130 interrupted."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _delay_garbage_collection()
    set_encoding()
    raise_descriptor_limit()
    debug = "--debug" in given
    given = [word for word in given if word != "--debug"]
    if COMPLETION not in os.environ and (not given or (given[0].startswith("-") and given[0] not in GLOBAL_OPTIONS)):
        given = ["version"] if given[:1] == ["--version"] else ["tui", *given]
    code = _run(given, debug)
    gc.freeze()  # without it the interpreter takes every module apart at the end: 90 ms instead of 10
    sys.exit(code)


def _delay_garbage_collection() -> None:
    """Pauses the garbage collector until the start is over, then excludes what the start made.

    Modules, styles and first rows are permanent. Searching them for garbage costs a tenth of the time to the console's first rows and of a
    scan, and later a pause of 50 ms at a key press."""
    gc.disable()
    timer = threading.Timer(STARTED, _resume_garbage_collection)
    timer.daemon = True
    timer.start()


def _resume_garbage_collection() -> None:
    gc.freeze()
    gc.enable()


def _run(given: list[str], debug: bool) -> int:
    try:
        result = _run_command(given)
    except ConsoleError as error:
        return _report_error(str(error), error.exit_code, error, debug)
    except BrokenPipeError:
        # The reader of the pipe is gone. Without this, Python would report an error while flushing at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last border: a person never sees a traceback
        return _report_unexpected(error, given, debug)
    return result if isinstance(result, int) else 0


def _run_command(given: list[str]) -> object:
    """The console alone starts without the command-line library, which costs a tenth of its start."""
    if given == ["tui"]:
        from k8sconsole.cli.screen import open_console

        return open_console()
    from k8sconsole.cli.commands import app

    return app(given, prog_name="k8sconsole", standalone_mode=False)


def _report_unexpected(error: Exception, given: list[str], debug: bool) -> int:
    """Errors of the command-line library are usage errors; any other is a bug of this program."""
    kind = type(error).__name__
    if kind == "Abort":
        return INTERRUPTED
    if hasattr(error, "format_message"):
        words = " ".join(str(error.format_message()).split()).rstrip(".")
        command = next((word for word in given if word in COMMANDS), "")
        return _report_error(f"{words} (try: k8sconsole {command} --help)".replace("  ", " "), 2, error, debug)
    if isinstance(error, OSError):
        command = next((word for word in given if word in COMMANDS), "")
        problem = refusal_of(f"k8sconsole {command} failed".replace("  ", " "), error)
        return _report_error(str(problem), problem.exit_code, error, debug)
    return _report_error(
        f"{kind} — {' '.join(str(error).split())} (try: the same command with --debug; the output is what a bug report needs)",
        1,
        error,
        debug,
    )


def _report_error(line: str, code: int, error: Exception, debug: bool) -> int:
    from k8sconsole.kit.redact import mask_text

    if debug:
        import traceback

        for part in mask_text("".join(traceback.format_exception(error))).splitlines():
            say(part)
    say(f"error: {' '.join(mask_text(line).splitlines())}")
    return code
