"""A token in a file that somebody else rotates: the kubelet in a pod, a login tool elsewhere."""

import asyncio
import os
from pathlib import Path

from k8sconsole.cluster.live.credentials.presented import KeyPair, Presented
from k8sconsole.cluster.live.credentials.static import bearer
from k8sconsole.errors import CredentialsError
from k8sconsole.kit.clock import Clock

# A look costs one stat; a minute is how long a file system may hide a change from stat.
_LOOK_EVERY = 1.0
_READ_EVERY = 60.0


class TokenFile:
    """Read again when it changes, and once a minute anyway. ``fallback`` is used while the file cannot be read."""

    def __init__(self, path: Path, pair: KeyPair | None, clock: Clock, fallback: str = "") -> None:
        self._path = path
        self._pair = pair
        self._clock = clock
        self._fallback = fallback
        self._presented: Presented | None = None
        self._stamp: tuple[int, int] | None = None
        self._looked = self._read_at = float("-inf")

    async def present(self) -> Presented:
        now = self._clock.monotonic()
        if self._presented is None or now - self._looked >= _LOOK_EVERY:
            self._looked = now
            self._presented = await asyncio.to_thread(self._current, now)
        return self._presented

    def forget(self) -> None:
        self._stamp = None
        self._looked = float("-inf")

    def hurry(self) -> None:
        self.forget()

    def _current(self, now: float) -> Presented:
        try:
            status = os.stat(self._path)
            stamp = (status.st_mtime_ns, status.st_ino)
            if self._presented and stamp == self._stamp and now - self._read_at < _READ_EVERY:
                return self._presented
            token = self._path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            return self._without(error)
        self._stamp, self._read_at = stamp, now
        return self._keep(Presented(bearer(token), self._pair))

    def _without(self, error: Exception) -> Presented:
        if self._presented:
            return self._presented
        if self._fallback:
            return Presented(bearer(self._fallback), self._pair)
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise CredentialsError("The token file cannot be read", f"{self._path}: {reason}", f"look at it: ls -l {self._path}") from error

    def _keep(self, fresh: Presented) -> Presented:
        return self._presented if self._presented == fresh else fresh
