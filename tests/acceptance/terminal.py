"""A console on a pseudo-terminal, and the text on its screen.

The screen is computed from the few control sequences of ECMA-48 that the console sends: placing the cursor, erasing, and text. Colours and
all other sequences are ignored.
"""

import codecs
import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from unicodedata import combining, east_asian_width

_TOKEN = re.compile(
    r"\x1b\[([0-9;?<>=$]*)([@-~])"  # a control sequence: parameters, and what it does
    r"|\x1b\].*?(?:\x07|\x1b\\)|\x1bP.*?\x1b\\|\x1b[()#][0-9A-Za-z]|\x1b[=>78cDEHMNOZ]"
    r"|([\r\n\b])|([^\x00-\x1f\x7f]+)",
    re.DOTALL,
)
_UNFINISHED = re.compile(r"\x1b(?:\[[0-9;?<>=$]*|\][^\x07\x1b]*|P[^\x1b]*)?$")


class NotShown(AssertionError):
    """The awaited text did not appear. The message is the screen as it was."""


class Screen:
    """rows × columns of characters."""

    def __init__(self, rows: int, columns: int) -> None:
        self.resize(rows, columns)

    def resize(self, rows: int, columns: int) -> None:
        self.rows, self.columns = rows, columns
        self._cells = [[" "] * columns for _ in range(rows)]
        self._row = self._column = 0

    @property
    def lines(self) -> list[str]:
        return ["".join(row).rstrip() for row in self._cells]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def feed(self, text: str) -> str:
        """Processes output of the console. Returns the beginning of a sequence that is not complete yet."""
        unfinished = _UNFINISHED.search(text)
        rest = unfinished.group(0) if unfinished else ""
        for token in _TOKEN.finditer(text[: len(text) - len(rest)]):
            self._apply(token)
        return rest

    def _apply(self, token: re.Match[str]) -> None:
        parameters, final, control, words = token.groups()
        if words:
            self._write(words)
        elif control:
            self._control(control)
        elif final and not parameters.startswith(("?", "<", ">", "=")):
            self._sequence(final, [int(part or 0) for part in parameters.split(";")])

    def _write(self, words: str) -> None:
        for character in words:
            width = 0 if combining(character) else 2 if east_asian_width(character) in "WF" else 1
            if width and self._row < self.rows and self._column < self.columns:
                self._cells[self._row][self._column] = character
            self._column += width

    def _control(self, control: str) -> None:
        if control == "\r":
            self._column = 0
        elif control == "\n":
            self._row, self._column = self._row + 1, 0
        else:
            self._column = max(0, self._column - 1)

    def _sequence(self, final: str, numbers: list[int]) -> None:
        count = max(1, numbers[0])
        if final in "Hf":
            self._row, self._column = count - 1, max(1, [*numbers, 1][1]) - 1
        elif final in "ABCD":
            down, right = {"A": (-count, 0), "B": (count, 0), "C": (0, count), "D": (0, -count)}[final]
            self._row, self._column = max(0, self._row + down), max(0, self._column + right)
        elif final == "G":
            self._column = count - 1
        elif final == "J" and numbers[0] in (2, 3):
            self._cells = [[" "] * self.columns for _ in range(self.rows)]
        elif final == "K" and self._row < self.rows:
            self._cells[self._row][self._column :] = [" "] * max(0, self.columns - self._column)


class Terminal:
    """A terminal made by ``on_terminal``. ``raw`` is all output so far, ``arrived`` the time of the last of it (monotonic seconds)."""

    def __init__(self, pid: int, handle: int, screen: Screen) -> None:
        self.pid = pid
        self.screen = screen
        self.raw = b""
        self.arrived = 0.0
        self._handle = handle
        self._rest = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._ended: int | None = None

    def type(self, keys: str) -> None:
        os.write(self._handle, keys.encode())

    def resize(self, rows: int, columns: int) -> None:
        self.screen.resize(rows, columns)
        fcntl.ioctl(self._handle, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def wait(self, reached: Callable[[Screen], object], within: float = 30.0) -> float:
        """Returns the seconds until ``reached`` is true of the screen. Raises NotShown after ``within`` seconds."""
        began = time.monotonic()
        while not reached(self.screen):
            if time.monotonic() > began + within or not self._read(0.2):
                raise NotShown(f"not within {within:.0f} s; the screen was:\n{self.screen.text}")
        return time.monotonic() - began

    def wait_for(self, pattern: str, within: float = 30.0) -> float:
        """Returns the seconds until the screen matches the pattern."""
        return self.wait(lambda screen: re.search(pattern, screen.text), within)

    def settle(self, quiet: float = 0.2, within: float = 2.0) -> str:
        """Returns the screen once nothing was written for ``quiet`` seconds, or after ``within`` seconds."""
        deadline = time.monotonic() + within
        length = -1
        while len(self.raw) != length and time.monotonic() < deadline:
            length = len(self.raw)
            until = time.monotonic() + quiet
            while time.monotonic() < until and self._read(0.05):
                pass
        return self.screen.text

    def kill(self) -> None:
        """Sends SIGKILL, so that the console cannot clean up."""
        os.kill(self.pid, signal.SIGKILL)
        self.exit_code(10)

    def exit_code(self, within: float = 15.0) -> int:
        """Waits for the console to end by itself and returns its exit code. Raises NotShown when it does not end."""
        deadline = time.monotonic() + within
        while self._ended is None and time.monotonic() < deadline:
            self._read(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self._ended = os.waitstatus_to_exitcode(status) if pid else None
        if self._ended is None:
            raise NotShown(f"still running after {within:.0f} s; the screen was:\n{self.screen.text}")
        return self._ended

    def close(self) -> None:
        if self._ended is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self.pid, 0)
        os.close(self._handle)

    def _read(self, within: float) -> bool:
        """Reads available output. Returns whether the program still has the terminal open."""
        ready, _, _ = select.select([self._handle], [], [], within)
        if not ready:
            return True
        try:
            arrived = os.read(self._handle, 1 << 16)
        except OSError:
            return False
        self.arrived = time.monotonic()
        self.raw += arrived
        self._rest = self.screen.feed(self._rest + self._decoder.decode(arrived))
        return bool(arrived)


@contextlib.contextmanager
def on_terminal(command: Sequence[str], env: Mapping[str, str], *, rows: int = 24, columns: int = 80) -> Iterator[Terminal]:
    """Runs the command on a terminal of that size and kills it afterwards."""
    # The size is set before the program starts, so that it never reads 0×0.
    handle, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    pid = os.fork()
    if pid == 0:
        os.login_tty(slave)
        os.execvpe(command[0], list(command), {**env, "TERM": "xterm-256color", "COLORTERM": "truecolor"})
    os.close(slave)
    terminal = Terminal(pid, handle, Screen(rows, columns))
    try:
        yield terminal
    finally:
        terminal.close()
