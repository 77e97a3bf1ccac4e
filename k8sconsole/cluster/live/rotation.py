"""A context whose files change while it is in use: rotated, replaced, half written, renamed, removed."""

import os
from pathlib import Path

from k8sconsole.cluster.live.kubeconfig.login import Login, Resolve
from k8sconsole.errors import ConsoleError, NotFound

SETTLING = 1.0
"""Seconds for which files must stay in contradiction before that counts: whoever writes several of them writes one after the other."""

Stamps = dict[Path, tuple[int, int, int] | None]


class RotatingLogin:
    """current: what the files last said, all in all. problem: why that no longer holds, once it is sure. Blocking: for a thread."""

    def __init__(self, first: Login, resolve: Resolve) -> None:
        self.current = first
        self.problem: ConsoleError | None = None
        self._resolve = resolve
        self._stamps: Stamps = {}
        self._doubted_at: float | None = None

    def look(self, now: float) -> bool:
        """Whether the files were read anew. now as the monotonic clock has it."""
        stamps = _stamps(self.current.files)
        if stamps == self._stamps and self._doubted_at is None:
            return False
        try:
            fresh = self._resolve()
        except NotFound as error:
            self.doubt(error, now)
            return False
        except ConsoleError:
            return False  # it makes no sense yet: the next look reads it again
        # Stamped before they are read: what changes in between is seen at the next look.
        self._stamps = {file: stamps[file] if file in stamps else _stamp(file) for file in fresh.files}
        self.current, self.problem = fresh, None
        return True

    def trust(self) -> None:
        """What was read last can be used."""
        self.problem = self._doubted_at = None

    def doubt(self, error: ConsoleError, now: float) -> None:
        """The files contradict one another. Told once, what was valid before goes on; a moment later it is the problem."""
        if self._doubted_at is None:
            self._doubted_at = now
        if now - self._doubted_at >= SETTLING:
            self.problem = error

    def settled(self) -> None:
        """Nobody is writing any more: the next contradiction counts at once."""
        self._doubted_at = float("-inf")


def _stamps(files: tuple[Path, ...]) -> Stamps:
    return {file: _stamp(file) for file in files}


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        status = os.stat(file)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
