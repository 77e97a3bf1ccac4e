"""A program on a pseudo-terminal, with a stopwatch: when did it first show this, how long after that key."""

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
from collections.abc import Iterator, Mapping, Sequence

_SEQUENCES = re.compile(rb"\x1b\[[0-9;?<>=]*[a-zA-Z]|\x1b\][^\x07\x1b]*(\x07|\x1b\\)|\x1b[()][A-B0-2]|\x1b[=>]")


class NotShown(Exception):
    """The text did not appear in time; the message holds the end of what did."""


class Terminal:
    """Made by ``on_terminal``. seen holds everything it wrote since the last ``forget``, without escape sequences."""

    def __init__(self, pid: int, handle: int) -> None:
        self.pid = pid
        self.started = time.monotonic()
        self._handle = handle
        self._raw = b""

    @property
    def seen(self) -> bytes:
        return _SEQUENCES.sub(b"", self._raw)

    def forget(self) -> None:
        self._raw = b""

    def send(self, keys: bytes) -> float:
        """Types; answers when, on the monotonic clock."""
        os.write(self._handle, keys)
        return time.monotonic()

    def wait_for(self, pattern: bytes, within: float = 60.0) -> float:
        """When the pattern was there, on the monotonic clock. Raises NotShown."""
        deadline = time.monotonic() + within
        wanted = re.compile(pattern)
        while time.monotonic() < deadline:
            if wanted.search(self.seen):
                return time.monotonic()
            self._read(deadline)
        raise NotShown(f"{pattern!r}: {self.seen[-600:].decode(errors='replace')}")

    def next_frame(self, within: float = 5.0) -> float:
        """When it next wrote anything at all."""
        deadline = time.monotonic() + within
        before = len(self._raw)
        while len(self._raw) == before:
            if time.monotonic() > deadline:
                raise NotShown("nothing was drawn")
            self._read(deadline)
        return time.monotonic()

    def settle(self, quiet: float = 0.4, within: float = 30.0) -> None:
        """Until it has written nothing for ``quiet`` seconds."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline and self._read(time.monotonic() + quiet):
            pass

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._handle], [], [], max(0.0, min(deadline - time.monotonic(), 1.0)))
        if not ready:
            return False
        with contextlib.suppress(OSError):
            self._raw += os.read(self._handle, 1 << 16)
        return True


@contextlib.contextmanager
def on_terminal(command: Sequence[str], env: Mapping[str, str], *, rows: int = 50, columns: int = 200) -> Iterator[Terminal]:
    """Runs the command on a terminal of that size and ends it afterwards."""
    pid, handle = pty.fork()
    if pid == 0:
        os.execvpe(command[0], list(command), {**env, "TERM": "xterm-256color", "COLORTERM": "truecolor"})
    fcntl.ioctl(handle, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    try:
        yield Terminal(pid, handle)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
            time.sleep(0.5)
            os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)
        os.close(handle)
