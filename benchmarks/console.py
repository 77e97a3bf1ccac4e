"""What a user waits for in the console: rows after a start, a frame after a key, all pods after a filter."""

import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.processes import compiled, resident, run
from tests.acceptance.terminal import Terminal, on_terminal

ROW = r"app-\d{4}"
KEYS = 40
ROWS, COLUMNS = 50, 200
STARTS = 5
"""Warm starts. Each is paired with a bare import of textual, which shows how fast the machine is at that moment."""
REST = 20.0
"""Seconds in which a newly started console completes its first scan of every kind."""


def measure(kubeconfig: Path, cache: Path, pods: int) -> dict[str, Any]:
    """A cold start without a cache, a warm start with one, then keys, filters and memory in the warm one. Seconds and MiB."""
    env = compiled({**os.environ, "KUBECONFIG": str(kubeconfig), "CACHE_DB_PATH": str(cache)})
    for file in cache.parent.glob(f"{cache.name}*"):
        file.unlink()
    cold = _start(env, pods)
    warm, textual = [], []
    for _ in range(STARTS):
        textual.append(run([sys.executable, "-c", "import textual.app"], env).wall)
        warm.append(_start(env, pods, rest=0.0))
    with on_terminal(_command(), env, rows=ROWS, columns=COLUMNS) as terminal:
        terminal.wait_for(_pod_count_pattern(pods), 60)
        _idle(terminal)
        keys = [_time_key(terminal, "j") for _ in range(KEYS)]
        shown, cleared = _time_filter(terminal, pods)
        _idle(terminal)
        memory = resident(terminal.pid)
    return {
        "cold_start": cold,
        "warm_start": warm,
        "textual_import": textual,
        "key_to_frame": {"median": statistics.median(keys), "p95": sorted(keys)[int(KEYS * 0.95)], "all": keys},
        "filter_to_frame": shown,
        "clear_to_frame": cleared,
        "resident_mib": memory,
    }


def _command() -> list[str]:
    return [sys.executable, "-m", "k8sconsole"]


def _start(env: dict[str, str], pods: int, rest: float = REST) -> dict[str, float]:
    began = time.monotonic()
    with on_terminal(_command(), env, rows=ROWS, columns=COLUMNS) as terminal:
        terminal.wait_for(ROW, 120)
        first = time.monotonic() - began
        terminal.wait_for(_pod_count_pattern(pods), 180)
        every = time.monotonic() - began
        _idle(terminal, rest)
        return {"first_rows": first, "all_rows": every, "resident_mib": resident(terminal.pid)}


def _pod_count_pattern(pods: int) -> str:
    """Matches the count of all pods, with any one character between the thousands."""
    digits = str(pods)
    return rf"(?<!\d){digits[:-3]}\D?{digits[-3:]}(?!\d)" if pods >= 1000 else rf"(?<!\d){digits}(?!\d)"


def _idle(terminal: Terminal, seconds: float = REST) -> None:
    terminal.settle(1.0, seconds)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        terminal.settle(0.5, 1.0)


def _time_key(terminal: Terminal, key: str) -> float:
    terminal.settle(0.15, 2.0)
    before = len(terminal.raw)
    terminal.type(key)
    return terminal.wait(lambda screen: len(terminal.raw) > before, 5.0)


def _time_filter(terminal: Terminal, pods: int) -> tuple[float, float]:
    """Seconds from the last letter of a filter to the filtered count, and from escape to the whole count."""
    terminal.type("/")
    terminal.settle(0.3, 3.0)
    terminal.type("app-000")
    terminal.settle(0.5, 3.0)
    began = time.monotonic()
    terminal.type("7")
    terminal.wait_for(rf"(?<!\d)50 of {_pod_count_pattern(pods)}", 10)
    shown = terminal.arrived - began  # the time of arrival, not of this process reading it
    terminal.type("\r")
    terminal.settle(0.3, 3.0)
    began = time.monotonic()
    terminal.type("\x1b")
    terminal.wait(lambda screen: "50 of" not in screen.text, 10)
    return shown, terminal.arrived - began
