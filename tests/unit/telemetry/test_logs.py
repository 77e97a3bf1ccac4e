import json
import logging
import stat
from pathlib import Path

import pytest

from k8sconsole.errors import Unreachable
from k8sconsole.kit.redact import mask_text
from k8sconsole.telemetry.logs import PrivateRotatingFileHandler, log_fields, start_logging


@pytest.fixture
def folder(tmp_path: Path):
    yield tmp_path / "logs"
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, PrivateRotatingFileHandler | logging.NullHandler)]:
        root.removeHandler(handler)
        handler.close()


def lines(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "k8sconsole.log").read_text().splitlines()]


def test_a_line_is_json_with_the_promised_fields(folder: Path) -> None:
    start_logging(folder, mask_text)
    extra = log_fields("scan", duration_ms=12.5, cache_hit=True, error="none")
    logging.getLogger("k8sconsole.scanner").info("pods read", extra=extra)
    (line,) = lines(folder)
    assert line["timestamp"].endswith("Z")
    assert {key: line[key] for key in ("level", "component", "operation", "duration_ms", "cache_hit", "error_details", "message")} == {
        "level": "INFO", "component": "scanner", "operation": "scan", "duration_ms": 12.5, "cache_hit": True, "error_details": "none",
        "message": "pods read",
    }  # fmt: skip


def test_an_exception_is_one_line_and_secrets_are_masked(folder: Path) -> None:
    start_logging(folder, mask_text)
    try:
        raise Unreachable("nothing answers", "https://admin:hunter2hunter2@10.0.0.1")
    except Unreachable:
        logging.getLogger("k8sconsole.cluster").exception("password=hunter2hunter2", extra=log_fields("x", address="token=hunter2hunter2"))
    text = (folder / "k8sconsole.log").read_text()
    assert "hunter2" not in text
    assert lines(folder)[0]["level"] == "ERROR"


def test_the_log_and_its_rotated_copies_are_for_the_owner_only(folder: Path) -> None:
    start_logging(folder, mask_text, max_bytes=400, backups=2)
    for number in range(20):
        logging.getLogger("k8sconsole.x").info("line %s", number)
    files = sorted(folder.iterdir())
    assert len(files) == 3
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_a_folder_that_cannot_be_written_is_no_reason_not_to_start(tmp_path: Path, folder: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert start_logging(blocked / "logs", mask_text) is None
    logging.getLogger("k8sconsole.x").info("not logged")
    assert not folder.exists()
