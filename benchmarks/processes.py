"""Runs a command as a process of its own and measures its wall time, processor time and peak memory."""

import contextlib
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


class CommandFailed(Exception):
    """The command exited with a code other than zero. The message has the end of its stderr."""


@dataclass(frozen=True)
class Finished:
    """wall and cpu in seconds, peak resident memory in MiB, stdout in ``output`` (empty when not captured)."""

    wall: float
    cpu: float
    peak: float
    output: bytes


def compiled(env: Mapping[str, str]) -> dict[str, str]:
    """The environment without PYTHONDONTWRITEBYTECODE: Python compiles an installed program once, not at every start."""
    return {name: value for name, value in env.items() if name != "PYTHONDONTWRITEBYTECODE"}


def run(command: Sequence[str], env: Mapping[str, str] | None = None, *, capture: bool = True) -> Finished:
    """Runs the command to its end. Raises CommandFailed.

    Output goes to files, so that no reader slows the command down. wait4 returns the figures of this child alone.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = time.monotonic()
        child = subprocess.Popen(command, env=compiled(env or os.environ), stdout=output if capture else subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            errors.seek(0)
            message = errors.read()[-400:].decode(errors="replace")
            raise CommandFailed(f"{' '.join(command[:6])} ended with {child.returncode}: {message}")
        output.seek(0)
        return Finished(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output.read() if capture else b"")


def resident(pid: int, *, peak: bool = False) -> float:
    """Resident memory of a running process in MiB, or its peak."""
    with open(f"/proc/{pid}/status") as lines:
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM" if peak else "VmRSS"))


@contextlib.contextmanager
def run_in_background(command: Sequence[str], env: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a process during a measurement and terminates it afterwards."""
    with log.open("ab") as output:
        child = subprocess.Popen(command, env=compiled(env), stdout=output, stderr=output)
        try:
            yield child
        finally:
            child.terminate()
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
