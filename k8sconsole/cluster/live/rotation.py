"""A context whose kubeconfig files change while it is in use: rotated, replaced, half written, renamed or removed."""

import os
from pathlib import Path

from k8sconsole.cluster.live.kubeconfig.login import Login, ResolveLogin
from k8sconsole.errors import ConsoleError, NotFound

SETTLING = 1.0
"""Seconds for which files must stay inconsistent before that is a problem: a tool writes several files one after the other."""

Stamps = dict[Path, tuple[int, int, int] | None]


class RotatingLogin:
    """The login of one context, read again when its files change. Blocking: for a thread.

    current: what the files last said. problem: why that is no longer valid, once that is certain.
    """

    def __init__(self, first: Login, resolve: ResolveLogin) -> None:
        self.current = first
        self.problem: ConsoleError | None = None
        self._resolve = resolve
        self._stamps: Stamps = {}
        self._inconsistent_since: float | None = None

    def check_files(self, now: float) -> bool:
        """Reads the files if they have changed, and returns whether they were read. now: by the monotonic clock."""
        stamps = _stamps(self.current.files)
        if stamps == self._stamps and self._inconsistent_since is None:
            return False
        try:
            fresh = self._resolve()
        except NotFound as error:
            self.mark_inconsistent(error, now)
            return False
        except ConsoleError:
            return False  # the files are incomplete: the next check reads them again
        # The stamps are older than the content, so a change in between is seen by the next check.
        self._stamps = {file: stamps[file] if file in stamps else _stamp(file) for file in fresh.files}
        self.current, self.problem = fresh, None
        return True

    def mark_usable(self) -> None:
        """What was read last can be used."""
        self.problem = self._inconsistent_since = None

    def mark_inconsistent(self, error: ConsoleError, now: float) -> None:
        """The files contradict one another. The last valid login stays in use until this has lasted for ``SETTLING`` seconds."""
        if self._inconsistent_since is None:
            self._inconsistent_since = now
        if now - self._inconsistent_since >= SETTLING:
            self.problem = error

    def mark_complete(self) -> None:
        """No program is writing the files any more: the next contradiction is a problem at once."""
        self._inconsistent_since = float("-inf")


def _stamps(files: tuple[Path, ...]) -> Stamps:
    return {file: _stamp(file) for file in files}


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        status = os.stat(file)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
