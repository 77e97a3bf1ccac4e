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


class Callback:
    """Counts calls, and lets a test wait for one."""

    def __init__(self) -> None:
        self.calls = 0
        self._event = threading.Event()

    def __call__(self, path: Path) -> None:
        self.calls += 1
        self._event.set()

    def was_called(self, within: float) -> bool:
        came = self._event.wait(within)
        self._event.clear()
        return came


def test_new_content_is_reported_and_a_read_or_a_touch_is_not(file: Path) -> None:
    callback = Callback()
    watch = watch_file(file, callback, debounce=0.1)
    try:
        file.read_text()
        os.utime(file)
        assert not callback.was_called(0.6)
        file.write_text("a: 2\n")
        assert callback.was_called(5)
        other = file.with_suffix(".new")
        other.write_text("a: 3\n")
        other.replace(file)
        assert callback.was_called(5)
    finally:
        watch.stop()


def test_many_writes_in_a_row_are_reported_once(file: Path) -> None:
    callback = Callback()
    watch = watch_file(file, callback, debounce=1.0)
    try:
        for number in range(20):
            file.write_text(f"a: {number + 5}\n")
        assert callback.was_called(5)
        assert not callback.was_called(1.5)
        assert callback.calls == 1
    finally:
        watch.stop()


def test_a_replaced_symbolic_link_is_reported_for_the_file_and_for_a_folder(tmp_path: Path) -> None:
    for version in ("v1", "v2", "v3"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "config").write_text(version)
    (tmp_path / "data").symlink_to("v1")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "config").symlink_to("../data/config")
    callback = Callback()
    watch = watch_file(tmp_path / "home" / "config", callback, debounce=0.1)
    try:
        swap(tmp_path / "data", "v2")
        assert callback.was_called(5)
        (tmp_path / "v2" / "config").write_text("written behind the new link")
        assert callback.was_called(5)
        swap(tmp_path / "home" / "config", "../v3/config")
        assert callback.was_called(5)
    finally:
        watch.stop()


def swap(link: Path, target: str) -> None:
    """Atomically, as the kubelet and ``ln -sfn`` through a rename do."""
    fresh = link.with_name("fresh")
    fresh.symlink_to(target)
    fresh.replace(link)


def test_a_deletion_is_reported_on_request_and_a_new_file_always(file: Path) -> None:
    callback, with_deletions = Callback(), Callback()
    watches = [watch_file(file, callback, debounce=0.1), watch_file(file, with_deletions, debounce=0.1, report_deletion=True)]
    try:
        file.unlink()
        assert with_deletions.was_called(5)
        assert callback.calls == 0
        file.write_text("a: 9\n")
        assert with_deletions.was_called(5)
        assert callback.was_called(5)
    finally:
        for watch in watches:
            watch.stop()
