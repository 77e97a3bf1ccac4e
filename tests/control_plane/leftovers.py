"""Sweeping up after a test run that was killed before it could: nothing else ends its servers.

Every control plane notes its owner's pid in its folder. The next one to start looks for folders whose owner is gone,
ends the processes whose command line names that folder, and removes it. Where there is no /proc, nothing is swept.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")
_OWNER = "owner.pid"


def root() -> Path:
    """The folder under which this user's control planes keep theirs."""
    return Path(tempfile.gettempdir()) / f"k8sconsole-control-plane-{os.getuid()}"


def new_folder() -> Path:
    """An empty folder that belongs to this process."""
    root().mkdir(mode=0o700, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=root()))
    (folder / _OWNER).write_text(f"{os.getpid()} {_began(os.getpid())}")
    return folder


def sweep() -> None:
    """End what was left behind by owners that are no longer there."""
    if not _PROC.is_dir() or not root().is_dir():
        return
    for folder in root().iterdir():
        if _abandoned(folder):
            for pid in _named_after(folder):
                _end(pid)
            shutil.rmtree(folder, ignore_errors=True)


def _abandoned(folder: Path) -> bool:
    try:
        pid, began = (folder / _OWNER).read_text().split()
    except (OSError, ValueError):
        # Just made, its owner not yet noted, or being removed by its owner at this moment.
        return False
    return _began(int(pid)) != began


def _began(pid: int) -> str:
    """When a process began, in ticks since boot: pids are used again, pairs of both are not. Empty when it is gone."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""


def _named_after(folder: Path) -> Iterator[int]:
    needle = os.fsencode(f"{folder}/")
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and needle in _command_line(entry):
            yield int(entry.name)


def _command_line(entry: Path) -> bytes:
    try:
        return (entry / "cmdline").read_bytes()
    except OSError:
        return b""


def _end(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        return
