import os
import threading
from pathlib import Path

import pytest

from k8sconsole.config.reload import watch_file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "theme.yaml"
    path.write_text("a: 1\n")
    return path


class Told:
    """Counts calls, and lets a test wait for one."""

    def __init__(self) -> None:
        self.calls = 0
        self._event = threading.Event()

    def __call__(self, path: Path) -> None:
        self.calls += 1
        self._event.set()

    def came(self, within: float) -> bool:
        came = self._event.wait(within)
        self._event.clear()
        return came


def test_a_file_written_in_place_or_replaced_is_told_and_one_merely_read_or_touched_is_not(file: Path) -> None:
    told = Told()
    watch = watch_file(file, told, debounce=0.1)
    try:
        file.read_text()
        os.utime(file)
        assert not told.came(0.6)
        file.write_text("a: 2\n")
        assert told.came(5)
        other = file.with_suffix(".new")
        other.write_text("a: 3\n")
        other.replace(file)
        assert told.came(5)
    finally:
        watch.stop()


def test_many_writes_in_a_row_are_told_once(file: Path) -> None:
    told = Told()
    watch = watch_file(file, told, debounce=0.4)
    try:
        for number in range(20):
            file.write_text(f"a: {number + 5}\n")
        assert told.came(5)
        assert not told.came(1.0)
        assert told.calls == 1
    finally:
        watch.stop()
