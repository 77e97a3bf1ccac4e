"""The program's log: one JSON object per line, rotated, mode 0600, masked. Standard logging is used, so that libraries log here too.

A structured-logging library is not used: its import takes 113 ms at every start of the console and of the MCP server.
"""

import logging
import os
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import msgspec

from k8sconsole.errors import ConsoleError
from k8sconsole.kit.clock import format_rfc3339

ROOT = "k8sconsole"


def log_fields(
    operation: str, *, duration_ms: float | None = None, cache_hit: bool | None = None, error: str = "", **more: Any
) -> dict[str, Any]:
    """The ``extra=`` of a log call. more: further keys of the JSON line."""
    return {"operation": operation, "duration_ms": duration_ms, "cache_hit": cache_hit, "error_details": error, "more": more}


class JsonLinesFormatter(logging.Formatter):
    """Formats a record as JSON: timestamp, level, component, operation, duration_ms, cache_hit, error_details, message, and more.

    mask: applied to every text that may hold a secret.
    """

    def __init__(self, mask: Callable[[str], str]) -> None:
        super().__init__()
        self._mask = mask

    def format(self, record: logging.LogRecord) -> str:
        error = getattr(record, "error_details", "") or (_format_error(record.exc_info[1]) if record.exc_info else "")
        line = {
            "timestamp": format_rfc3339(record.created),
            "level": {"WARNING": "WARN", "CRITICAL": "ERROR"}.get(record.levelname, record.levelname),
            "component": record.name.removeprefix(f"{ROOT}."),
            "operation": getattr(record, "operation", ""),
            "duration_ms": getattr(record, "duration_ms", None),
            "cache_hit": getattr(record, "cache_hit", None),
            "error_details": self._mask(error),
            "message": self._mask(record.getMessage()),
            **{key: self._mask(value) if isinstance(value, str) else value for key, value in getattr(record, "more", {}).items()},
        }
        return msgspec.json.encode(line, enc_hook=str).decode()


class PrivateRotatingFileHandler(RotatingFileHandler):
    """Only the owner can read the log and its rotated copies."""

    def _open(self) -> Any:
        return open(self.baseFilename, "a", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600))


def start_logging(
    folder: Path, mask: Callable[[str], str], *, level: str = "INFO", max_bytes: int = 10_000_000, backups: int = 5
) -> Path | None:
    """Logs to ``folder/k8sconsole.log`` and never to the terminal. Returns the log's path, None where the folder cannot be written."""
    root = logging.getLogger()
    logger = logging.getLogger(ROOT)
    logger.setLevel(level.upper())
    for old in [handler for handler in root.handlers if isinstance(handler, (PrivateRotatingFileHandler, logging.NullHandler))]:
        root.removeHandler(old)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / "k8sconsole.log"
        handler: logging.Handler = PrivateRotatingFileHandler(path, maxBytes=max_bytes, backupCount=backups)
    except OSError:
        root.addHandler(logging.NullHandler())
        return None
    handler.setFormatter(JsonLinesFormatter(mask))
    root.addHandler(handler)
    return path


def _format_error(error: BaseException | None) -> str:
    if isinstance(error, ConsoleError):
        return str(error)
    return f"{type(error).__name__}: {error}" if error else ""
