"""A program of the control plane as a process with a log file, and the wait until it is ready."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from tests.control_plane.errors import StartFailed

# A cold start on two busy cores took 25 s; what needs longer than this is broken.
PATIENCE = 120.0


class Process:
    """A program that can be started again after a stop. Both outputs are appended to ``log``."""

    def __init__(self, name: str, command: Sequence[str], log: Path) -> None:
        self.name = name
        self.command = list(command)
        self.log = log
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id, or None while it is not running."""
        return self._running.pid if self._running is not None and self._running.poll() is None else None

    def start(self) -> None:
        """Starts it in a process group of its own, so that Ctrl-C does not end the programs in the wrong order."""
        with self.log.open("ab") as sink:
            self._running = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, cwd=self.log.parent, start_new_session=True
            )

    def stop(self, *, kill: bool = True, grace: float = 15.0) -> None:
        """Ends the whole group: at once (SIGKILL), or by SIGTERM and, after ``grace`` seconds, SIGKILL."""
        if self._running is None:
            return
        if not kill:
            self._signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._running.wait(grace)
        self._signal(signal.SIGKILL)
        self._running.wait()
        self._running = None

    def pause(self) -> None:
        """Freeze it (SIGSTOP): connections stay open and nothing arrives on them."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Continues it after ``pause`` (SIGCONT)."""
        self._signal(signal.SIGCONT)

    def tail(self, lines: int = 20) -> str:
        """The end of its log."""
        content = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(content.splitlines()[-lines:])

    def ended(self) -> int | None:
        """The exit code of a program that ended by itself, else None."""
        return self._running.poll() if self._running is not None else None

    def _signal(self, number: signal.Signals) -> None:
        if self._running is None:
            return
        try:
            os.killpg(self._running.pid, number)
        except ProcessLookupError:
            return


def wait_until(ready: Callable[[], bool], what: str, watched: Iterable[Process], patience: float = PATIENCE) -> None:
    """Waits until ``ready()`` is true. Raises StartFailed, with the tail of a log, when a watched process ends or at the timeout."""
    processes = list(watched)
    deadline = time.monotonic() + patience
    while not ready():
        for process in processes:
            code = process.ended()
            if code is not None:
                raise StartFailed(f"{process.name} ended with {code} while waiting for {what}:\n{process.tail()}")
        if time.monotonic() > deadline:
            tails = "\n".join(f"--- {process.name} ({process.log})\n{process.tail()}" for process in processes)
            raise StartFailed(f"{what}: not within {patience:.0f} s\n{tails}")
        time.sleep(0.1)
