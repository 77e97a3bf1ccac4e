import os
import threading
from pathlib import Path

import pytest

from k8sconsole.config.file_watch import watch_file


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
    watch = watch_file(file, told, debounce=1.0)
    try:
        for number in range(20):
            file.write_text(f"a: {number + 5}\n")
        assert told.came(5)
        assert not told.came(1.5)
        assert told.calls == 1
    finally:
        watch.stop()


def test_a_link_that_is_swapped_is_told_whether_it_is_the_file_or_a_folder_on_the_way(tmp_path: Path) -> None:
    for version in ("v1", "v2", "v3"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "config").write_text(version)
    (tmp_path / "data").symlink_to("v1")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "config").symlink_to("../data/config")
    told = Told()
    watch = watch_file(tmp_path / "home" / "config", told, debounce=0.1)
    try:
        swap(tmp_path / "data", "v2")
        assert told.came(5)
        (tmp_path / "v2" / "config").write_text("written behind the new link")
        assert told.came(5)
        swap(tmp_path / "home" / "config", "../v3/config")
        assert told.came(5)
    finally:
        watch.stop()


def swap(link: Path, target: str) -> None:
    """Atomically, as the kubelet and ``ln -sfn`` through a rename do."""
    fresh = link.with_name("fresh")
    fresh.symlink_to(target)
    fresh.replace(link)


def test_a_file_that_goes_is_told_to_those_who_want_to_know_and_its_return_to_all(file: Path) -> None:
    told, told_all = Told(), Told()
    watches = [watch_file(file, told, debounce=0.1), watch_file(file, told_all, debounce=0.1, report_deletion=True)]
    try:
        file.unlink()
        assert told_all.came(5)
        assert told.calls == 0
        file.write_text("a: 9\n")
        assert told_all.came(5)
        assert told.came(5)
    finally:
        for watch in watches:
            watch.stop()
