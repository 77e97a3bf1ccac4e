"""The measurements measure what they say."""

import os
import subprocess
import sys
from pathlib import Path

from benchmarks import past
from benchmarks.processes import run
from benchmarks.wanted import lines


def test_a_program_is_measured_as_it_is_installed_compiled_once_whatever_the_shell_says() -> None:
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    assert run([sys.executable, "-c", "import sys; print(sys.dont_write_bytecode)"], env).output == b"False\n"


def test_history_is_measured_alone_at_any_size_and_told_beside_what_is_wanted(tmp_path: Path) -> None:
    found = past.measure(tmp_path / "cache.db", pods=50, versions=200)
    assert (found["versions"], found["rows_then"]) == (200, 50)
    told = "\n".join(lines({"history": found}))
    assert "200, " in told
    assert "table of 50 pods as of a moment" in told


def test_a_part_that_there_is_not_is_refused_with_the_names_of_those_there_are() -> None:
    asked = subprocess.run([sys.executable, "-m", "benchmarks", "--only", "scam"], capture_output=True, text=True, timeout=60)
    assert asked.returncode == 2
    assert "scam: not one of scan, console, churn, loads, history" in asked.stderr
