"""Tell when a file has really changed: editors replace it, touch it, write it in pieces; only settled new content counts."""

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

DEBOUNCE = 1.0


class FileWatch:
    """Calls back on a thread of its own, at most once per ``debounce`` seconds. stop() ends it."""

    def __init__(self, path: Path, callback: Callable[[Path], None], debounce: float = DEBOUNCE) -> None:
        from watchdog.observers import Observer

        self._path = path.resolve()
        self._callback = callback
        self._debounce = debounce
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()
        self._seen = _content(self._path)
        self._observer = Observer()
        self._observer.daemon = True
        # The folder, not the file: an editor that replaces the file would leave a watch on the old one.
        self._observer.schedule(self, str(self._path.parent))
        self._observer.start()

    def dispatch(self, event: Any) -> None:
        """watchdog's handler protocol."""
        if event.event_type in ("opened", "closed_no_write"):
            return
        named = {Path(str(place)).name for place in (event.src_path, getattr(event, "dest_path", "")) if place}
        if self._path.name in named or "..data" in named:
            self._later()

    def _later(self) -> None:
        with self._lock:
            if self._timer:
                self._timer.cancel()
            self._timer = threading.Timer(self._debounce, self._settled)
            self._timer.daemon = True
            self._timer.start()

    def _settled(self) -> None:
        now = _content(self._path)
        if now is not None and now != self._seen:
            self._seen = now
            self._callback(self._path)

    def stop(self) -> None:
        with self._lock:
            if self._timer:
                self._timer.cancel()
        self._observer.stop()
        self._observer.join(timeout=2)


def watch_file(path: Path, callback: Callable[[Path], None], debounce: float = DEBOUNCE) -> FileWatch:
    """callback(path) when the file's content has changed and stayed so for ``debounce`` seconds."""
    return FileWatch(path, callback, debounce)


def _content(path: Path) -> bytes | None:
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return None
