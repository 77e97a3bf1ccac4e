"""The measurements measure what they say."""

import os
import subprocess
import sys
from pathlib import Path

from benchmarks import calls, encryption, past, suggestions
from benchmarks.processes import run
from benchmarks.wanted import lines


def test_a_program_is_measured_with_compiled_bytecode_whatever_the_environment_sets() -> None:
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    assert run([sys.executable, "-c", "import sys; print(sys.dont_write_bytecode)"], env).output == b"False\n"


def test_history_is_measured_alone_at_any_size_and_reported_beside_the_target(tmp_path: Path) -> None:
    found = past.measure(tmp_path / "cache.db", pods=50, versions=200)
    assert (found["versions"], found["rows_then"]) == (200, 50)
    shown = "\n".join(lines({"history": found}))
    assert "200, " in shown
    assert "table of 50 pods as of a moment" in shown


def test_calls_are_measured_alone_at_any_size_and_reported_beside_the_target(tmp_path: Path) -> None:
    found = calls.measure(tmp_path / "cache.db", pods=150)
    shown = "\n".join(lines({"calls": found}))
    assert shown.count("what the pipeline adds") == len(calls.QUESTIONS) == 3
    assert all(question["bare"]["count"] == question["at_hand"]["count"] for question in found["questions"].values())


def test_suggestions_are_measured_for_every_kind_of_parameter_and_each_offers_something(tmp_path: Path) -> None:
    found = suggestions.measure(tmp_path / "cache.db", pods=300)
    asked = found["asked"]
    assert {name for name, seen in asked.items() if not seen["offered"]} == {
        "name of all pods, no such",
        "release",
        "revision of a release",
    }
    assert "suggested: container, p95, ms" in "\n".join(lines({"suggestions": found}))


def test_an_encrypted_cache_is_measured_beside_a_plain_one_in_pairs(tmp_path: Path) -> None:
    found = encryption.measure(tmp_path / "cache.db", pods=50, runs=2)
    assert [len(found[name]["pairs"]) for name in ("wall", "cpu", "write", "read", "bytes")] == [2] * 5
    assert "encrypted ÷ plain: demo scanned" in "\n".join(lines({"encryption": found}))


def test_a_part_that_there_is_not_is_refused_with_the_names_of_those_there_are() -> None:
    asked = subprocess.run([sys.executable, "-m", "benchmarks", "--only", "scam"], capture_output=True, text=True, timeout=60)
    assert asked.returncode == 2
    assert "scam: not one of scan, console, mcp, churn, loads, history, calls, suggestions, encryption" in asked.stderr
