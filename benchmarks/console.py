"""What a person waits for at the console: rows after a start, a frame after a key, all pods after a filter."""

import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.processes import resident
from benchmarks.terminal import Terminal, on_terminal

ROW = rb"app-\d{4}"
KEYS = 40


def measure(kubeconfig: Path, cache: Path, pods: int) -> dict[str, Any]:
    """A cold start without a cache, a warm start with one, then keys, filters and memory in the warm one."""
    env = {**os.environ, "KUBECONFIG": str(kubeconfig), "CACHE_DB_PATH": str(cache)}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    for file in cache.parent.glob(f"{cache.name}*"):
        file.unlink()
    cold = _start(env, pods)
    with on_terminal(_command(), env) as terminal:
        first = terminal.wait_for(ROW, 60) - terminal.started
        every = _all_rows(terminal, pods)
        terminal.settle(1.0)
        # The memory of a console at rest, its first full read of every kind behind it.
        time.sleep(20)
        terminal.settle(0.5)
        keys = [_key(terminal, b"j") for _ in range(KEYS)]
        shown, cleared = _filter(terminal, b"app-0007")
        memory = resident(terminal.pid)
    return {
        "cold_start": cold,
        "warm_start": {"first_rows": first, "all_rows": every},
        "key_to_frame": {"median": statistics.median(keys), "p95": sorted(keys)[int(KEYS * 0.95)], "all": keys},
        "filter_to_frame": shown,
        "clear_to_frame": cleared,
        "resident_mib": memory,
    }


def _command() -> list[str]:
    return [sys.executable, "-m", "k8sconsole"]


def _start(env: dict[str, str], pods: int) -> dict[str, float]:
    with on_terminal(_command(), env) as terminal:
        first = terminal.wait_for(ROW, 120) - terminal.started
        return {"first_rows": first, "all_rows": _all_rows(terminal, pods), "resident_mib": resident(terminal.pid)}


def _all_rows(terminal: Terminal, pods: int) -> float:
    """Seconds from the start until the count says all of them; thousands may be set apart by any one character."""
    digits = str(pods)
    spaced = rf"{digits[:-3]}.{{0,3}}{digits[-3:]}".encode() if pods >= 1000 else digits.encode()
    return terminal.wait_for(rb"(?<!\d)" + spaced + rb"(?!\d)", 180) - terminal.started


def _key(terminal: Terminal, key: bytes) -> float:
    terminal.settle(0.05, 2.0)
    pressed = terminal.send(key)
    return terminal.next_frame() - pressed


def _filter(terminal: Terminal, text: bytes) -> tuple[float, float]:
    """From enter to the narrowed count, and from escape to the whole one."""
    terminal.send(b"/")
    terminal.settle(0.3, 3.0)
    terminal.send(text[:-1])
    terminal.settle(0.3, 3.0)
    terminal.forget()
    pressed = terminal.send(text[-1:])
    shown = terminal.wait_for(rb"50 of 1", 10) - pressed
    terminal.send(b"\r")
    terminal.settle(0.3, 3.0)
    terminal.forget()
    pressed = terminal.send(b"\x1b")
    cleared = terminal.next_frame() - pressed
    return shown, cleared
