"""A token in a file that another program rotates: the kubelet in a pod, a login tool elsewhere."""

import asyncio
import os
from pathlib import Path

from k8sconsole.cluster.live.credentials.provider import Credentials, KeyPair, bearer_header
from k8sconsole.errors import CredentialsError
from k8sconsole.kit.clock import Clock
from k8sconsole.kit.system_errors import explain_os_error

# A check costs one stat; a file system may hide a change from stat for up to a minute.
_CHECK_EVERY = 1.0
_READ_EVERY = 60.0


class TokenFile:
    """Implements ``CredentialProvider``: reads the file when it changes, and once a minute.

    fallback: the token that is used while the file cannot be read.
    """

    def __init__(self, path: Path, pair: KeyPair | None, clock: Clock, fallback: str = "") -> None:
        self._path = path
        self._pair = pair
        self._clock = clock
        self._fallback = fallback
        self._credentials: Credentials | None = None
        self._stamp: tuple[int, int] | None = None
        self._checked_at = self._read_at = float("-inf")

    async def get(self) -> Credentials:
        now = self._clock.monotonic()
        if self._credentials is None or now - self._checked_at >= _CHECK_EVERY:
            self._checked_at = now
            self._credentials = await asyncio.to_thread(self._read, now)
        return self._credentials

    def invalidate(self) -> None:
        self._stamp = None
        self._checked_at = float("-inf")

    def retry_now(self) -> None:
        self.invalidate()

    def _read(self, now: float) -> Credentials:
        try:
            status = os.stat(self._path)
            stamp = (status.st_mtime_ns, status.st_ino)
            if self._credentials and stamp == self._stamp and now - self._read_at < _READ_EVERY:
                return self._credentials
            token = self._path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            return self._fallback_credentials(error)
        self._stamp, self._read_at = stamp, now
        return self._unless_equal(Credentials(bearer_header(token), self._pair))

    def _fallback_credentials(self, error: Exception) -> Credentials:
        if self._credentials:
            return self._credentials
        if self._fallback:
            return Credentials(bearer_header(self._fallback), self._pair)
        if isinstance(error, OSError):
            raise CredentialsError("cannot read the token file", *explain_os_error(error, self._path)) from error
        raise CredentialsError("cannot read the token file", f"{self._path}: it is not text", f"file {self._path}") from error

    def _unless_equal(self, fresh: Credentials) -> Credentials:
        """Returns the same object while the token is the same."""
        return self._credentials if self._credentials == fresh else fresh
