"""Watches a file's content. Editors replace, touch and write a file in pieces; only new content that stays unchanged is reported."""

import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

DEBOUNCE = 1.0
_LINKS = 40
"""Symbolic links followed; Linux itself stops after 40."""


class FileWatch:
    """Calls ``callback`` on a thread of its own, at most once per ``debounce`` seconds, until ``stop``."""

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
        self._seen = _hash_content(self._path)
        self._observer = Observer()
        self._observer.daemon = True
        self._observer.start()
        self._watch_folders()

    def dispatch(self, event: Any) -> None:
        """Called by watchdog for each event in the watched folders."""
        if event.event_type in ("opened", "closed_no_write"):
            return
        named = {Path(str(place)).name for place in (event.src_path, getattr(event, "dest_path", "")) if place}
        if named & self._names:
            self._restart_timer()

    def _watch_folders(self) -> None:
        """Watches the folders, not the files: a watch on a file or a link would stay on the old one when it is replaced."""
        chain = _resolve_chain(self._path)
        self._names = frozenset(place.name for place in chain)
        for folder in {place.parent for place in chain} - self._folders:
            if folder.is_dir():
                self._observer.schedule(self, str(folder))
                self._folders.add(folder)

    def _restart_timer(self) -> None:
        with self._lock:
            if self._timer:
                self._timer.cancel()
            self._timer = threading.Timer(self._debounce, self._report_if_changed)
            self._timer.daemon = True
            self._timer.start()

    def _report_if_changed(self) -> None:
        self._watch_folders()
        now = _hash_content(self._path)
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
    """Starts a watch: ``callback(path)`` when the file has new content that stayed unchanged for ``debounce`` seconds.

    Symbolic links are followed. report_deletion: also call back when the file is deleted.
    """
    return FileWatch(path, callback, debounce, report_deletion=report_deletion)


def _resolve_chain(path: Path) -> list[Path]:
    """The paths that lead to a file: its own, each symbolic link on the way, and what the links point to."""
    chain = [path]
    for _ in range(_LINKS):
        links = [place for place in (*reversed(path.parents), path) if place.is_symlink()]
        if not links:
            break
        link, rest = links[0], path.relative_to(links[0])
        path = Path(os.path.normpath(link.parent / os.readlink(link) / rest))
        chain += [link, path]
    return chain


def _hash_content(path: Path) -> bytes | None:
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return None
