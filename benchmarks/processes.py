"""A command as a whole process: its wall time, its processor time, its peak memory."""

import contextlib
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


class CommandFailed(Exception):
    """It ended with another code than zero; the message holds the end of what it said."""


@dataclass(frozen=True)
class Finished:
    """wall and cpu in seconds, peak resident memory in MiB, output what it wrote to stdout (empty when not kept)."""

    wall: float
    cpu: float
    peak: float
    output: bytes


def compiled(env: Mapping[str, str]) -> dict[str, str]:
    """As a program that is installed runs: Python compiles it once, not at every start, whatever the shell says."""
    return {name: value for name, value in env.items() if name != "PYTHONDONTWRITEBYTECODE"}


def run(command: Sequence[str], env: Mapping[str, str] | None = None, *, keep: bool = True) -> Finished:
    """Raises CommandFailed. Output goes to files, so that no reader slows it down, and wait4 tells the figures of this child alone."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as problems:
        started = time.monotonic()
        child = subprocess.Popen(command, env=compiled(env or os.environ), stdout=output if keep else subprocess.DEVNULL, stderr=problems)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            problems.seek(0)
            words = problems.read()[-400:].decode(errors="replace")
            raise CommandFailed(f"{' '.join(command[:6])} ended with {child.returncode}: {words}")
        output.seek(0)
        return Finished(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output.read() if keep else b"")


def resident(pid: int, *, peak: bool = False) -> float:
    """MiB a living process holds, or has held at most."""
    with open(f"/proc/{pid}/status") as lines:
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM" if peak else "VmRSS"))


@contextlib.contextmanager
def running(command: Sequence[str], env: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process beside the measurement, asked to end with it."""
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
