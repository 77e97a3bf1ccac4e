"""Each part of the benchmarks runs at a small size and reports its figures."""

import os
import subprocess
import sys
from pathlib import Path

from benchmarks import calls, encryption, history, suggestions
from benchmarks.processes import run
from benchmarks.report import format_report


def test_a_program_is_measured_with_compiled_bytecode_whatever_the_environment_sets() -> None:
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    assert run([sys.executable, "-c", "import sys; print(sys.dont_write_bytecode)"], env).output == b"False\n"


def test_history_runs_at_any_size_and_is_reported_with_its_targets(tmp_path: Path) -> None:
    found = history.measure(tmp_path / "cache.db", pods=50, versions=200)
    assert (found["versions"], found["rows_then"]) == (200, 50)
    report = "\n".join(format_report({"history": found}))
    assert "200, " in report
    assert "table of 50 pods as of a moment" in report


def test_calls_run_at_any_size_and_are_reported_with_their_targets(tmp_path: Path) -> None:
    found = calls.measure(tmp_path / "cache.db", pods=150)
    report = "\n".join(format_report({"calls": found}))
    assert report.count("what the pipeline adds") == len(calls.QUESTIONS) == 3
    assert all(question["bare"]["count"] == question["at_hand"]["count"] for question in found["questions"].values())


def test_suggestions_are_measured_for_every_kind_of_parameter_and_each_offers_something(tmp_path: Path) -> None:
    found = suggestions.measure(tmp_path / "cache.db", pods=300)
    asked = found["asked"]
    assert {name for name, seen in asked.items() if not seen["offered"]} == {
        "name of all pods, no such",
        "release",
        "revision of a release",
    }
    assert "suggested: container, p95, ms" in "\n".join(format_report({"suggestions": found}))


def test_an_encrypted_and_a_plain_cache_are_measured_in_pairs(tmp_path: Path) -> None:
    found = encryption.measure(tmp_path / "cache.db", pods=50, runs=2)
    assert [len(found[name]["pairs"]) for name in ("wall", "cpu", "write", "read", "bytes")] == [2] * 5
    assert "encrypted ÷ plain: demo scanned" in "\n".join(format_report({"encryption": found}))


def test_an_unknown_part_is_refused_with_the_names_of_the_known_parts() -> None:
    asked = subprocess.run([sys.executable, "-m", "benchmarks", "--only", "scam"], capture_output=True, text=True, timeout=60)
    assert asked.returncode == 2
    assert "scam: not one of scan, console, mcp, churn, loads, history, calls, suggestions, encryption" in asked.stderr
