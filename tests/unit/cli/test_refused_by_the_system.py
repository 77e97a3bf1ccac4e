"""What the command line says when the operating system refuses something: a sentence with a remedy, never an error's class."""

import socket
from pathlib import Path

import pytest

from k8sconsole.cli import output
from tests.unit.cli.conftest import CommandLine


def test_a_port_in_use_is_a_sentence_with_a_remedy(empty: CommandLine) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = empty.run("demo", "calm-shop", "--headless", "--no-tls", "--port", str(port))
    assert done.code == 1
    assert done.error.startswith(f"error: k8sconsole demo failed — port {port}: address already in use (try: ")
    assert "--port" in done.error


def test_an_impossible_port_is_wrong_usage(empty: CommandLine) -> None:
    assert empty.run("demo", "--headless", "--port", "80000").code == 2


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("file/cache.db", "file exists"),
        ("folder", "is a directory"),
        ("/proc/absent/cache.db", "no such file or directory"),
    ],
)
def test_a_cache_that_cannot_be_written_says_why_and_where_to_look(scanned: CommandLine, tmp_path: Path, place: str, why: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    path = str(tmp_path / place)
    done = scanned.run("get", "pods", CACHE_DB_PATH=path)
    assert done.code == 1
    assert path in done.error
    assert why in done.error
    assert "free some space" not in done.error
    assert "--db or CACHE_DB_PATH" in done.error


def test_a_full_disk_behind_the_output_is_a_sentence(scanned: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(output, "print_table", refuse)
    monkeypatch.setattr("k8sconsole.cli.get.print_table", refuse)
    done = scanned.run("get", "pods", "-A")
    assert done.code == 1
    assert "k8sconsole get failed — no space left on device (try: free some space: df -h" in done.error
