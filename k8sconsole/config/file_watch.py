"""Tell when a file has really changed: editors replace it, touch it, write it in pieces; only settled new content counts."""

import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

DEBOUNCE = 1.0
_LINKS = 40
"""After so many links the system itself gives up."""


class FileWatch:
    """Calls back on a thread of its own, at most once per ``debounce`` seconds. stop() ends it."""

    def __init__(self, path: Path, callback: Callable[[Path], None], debounce: float = DEBOUNCE, *, report_deletion: bool = False) -> None:
        from watchdog.observers import Observer

        self._path = path.absolute()
        self._callback = callback
        self._debounce = debounce
        self._report_deletion = report_deletion
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()
        self._names: frozenset[str] = frozenset()
        self._folders: set[Path] = set()
        self._seen = _content(self._path)
        self._observer = Observer()
        self._observer.daemon = True
        self._observer.start()
        self._follow()

    def dispatch(self, event: Any) -> None:
        """watchdog's handler protocol."""
        if event.event_type in ("opened", "closed_no_write"):
            return
        named = {Path(str(place)).name for place in (event.src_path, getattr(event, "dest_path", "")) if place}
        if named & self._names:
            self._later()

    def _follow(self) -> None:
        """Watches the folders, not the files: whoever replaces a file or a link would leave a watch on the old one."""
        way = _way(self._path)
        self._names = frozenset(place.name for place in way)
        for folder in {place.parent for place in way} - self._folders:
            if folder.is_dir():
                self._observer.schedule(self, str(folder))
                self._folders.add(folder)

    def _later(self) -> None:
        with self._lock:
            if self._timer:
                self._timer.cancel()
            self._timer = threading.Timer(self._debounce, self._settled)
            self._timer.daemon = True
            self._timer.start()

    def _settled(self) -> None:
        self._follow()
        now = _content(self._path)
        if now != self._seen and (now is not None or self._report_deletion):
            self._seen = now
            self._callback(self._path)

    def stop(self) -> None:
        with self._lock:
            if self._timer:
                self._timer.cancel()
        self._observer.stop()
        self._observer.join(timeout=2)


def watch_file(path: Path, callback: Callable[[Path], None], debounce: float = DEBOUNCE, *, report_deletion: bool = False) -> FileWatch:
    """callback(path) when the file's content has changed and stayed so for ``debounce`` seconds, through however many links; with
    ``report_deletion`` also when the file has gone."""
    return FileWatch(path, callback, debounce, report_deletion=report_deletion)


def _way(path: Path) -> list[Path]:
    """The names that lead to a file: its own, each link's on the way, and what they point to."""
    way = [path]
    for _ in range(_LINKS):
        links = [place for place in (*reversed(path.parents), path) if place.is_symlink()]
        if not links:
            break
        link, rest = links[0], path.relative_to(links[0])
        path = Path(os.path.normpath(link.parent / os.readlink(link) / rest))
        way += [link, path]
    return way


def _content(path: Path) -> bytes | None:
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return None
