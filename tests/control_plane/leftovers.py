"""Removes the servers and folders that a killed test run left behind.

Every control plane writes the pid of its owner to its folder. The next one to start finds the folders whose owner has ended, ends the
processes whose command line names such a folder, and removes it. Without /proc nothing is removed.
"""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")
_OWNER = "owner.pid"
_ENDING_SECONDS = 10.0


def root() -> Path:
    """The folder that has the folders of all control planes of this user."""
    return Path(tempfile.gettempdir()) / f"k8sconsole-control-plane-{os.getuid()}"


def new_folder() -> Path:
    """An empty folder that belongs to this process."""
    root().mkdir(mode=0o700, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=root()))
    (folder / _OWNER).write_text(f"{os.getpid()} {_began(os.getpid())}")
    return folder


def sweep() -> None:
    """Ends and removes what ended owners left behind."""
    if not _PROC.is_dir() or not root().is_dir():
        return
    for folder in root().iterdir():
        if _abandoned(folder):
            _end_all(folder)
            shutil.rmtree(folder, ignore_errors=True)


def _abandoned(folder: Path) -> bool:
    try:
        pid, began = (folder / _OWNER).read_text().split()
    except (OSError, ValueError):
        # The folder was just made and has no pid yet, or its owner is removing it.
        return False
    return _began(int(pid)) != began


def _began(pid: int) -> str:
    """When a process started, in ticks since boot; empty if it has ended. Pids are reused, but not with the same start."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""


def _pids_naming(folder: Path) -> Iterator[int]:
    needle = os.fsencode(f"{folder}/")
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and needle in _command_line(entry):
            yield int(entry.name)


def _command_line(entry: Path) -> bytes:
    try:
        return (entry / "cmdline").read_bytes()
    except OSError:
        return b""


def _end_all(folder: Path) -> None:
    """Ends the processes that name the folder, and waits until they are gone: one that is still ending may write to it again."""
    deadline = time.monotonic() + _ENDING_SECONDS
    while (pids := list(_pids_naming(folder))) and time.monotonic() < deadline:
        for pid in pids:
            _end(pid)
        time.sleep(0.01)


def _end(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        return
