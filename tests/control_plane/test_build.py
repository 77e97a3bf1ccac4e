"""Building the control plane, as far as it can be tested without compiling."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.control_plane import binaries
from tests.control_plane.errors import BinariesMissing


def _command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.control_plane", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=os.environ | environment)


def _pretend_built(folder: Path) -> None:
    for name in binaries.REQUIRED:
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)


def test_without_go_the_build_says_how_to_get_it(tmp_path: Path) -> None:
    done = _command("build", PATH=str(tmp_path), XDG_CACHE_HOME=str(tmp_path), KUBEBUILDER_ASSETS="")
    assert done.returncode == 2
    assert done.stderr.startswith("error: no Go toolchain found (try: install Go")


def test_existing_programs_are_not_built_again_and_need_no_go(tmp_path: Path) -> None:
    _pretend_built(tmp_path)
    done = _command("build", PATH=str(tmp_path / "nothing"), KUBEBUILDER_ASSETS=str(tmp_path))
    assert done.returncode == 0
    assert done.stdout.count(f" present  {tmp_path}") == len(binaries.REQUIRED)


def test_a_compiler_that_fails_is_quoted_and_leaves_nothing_behind(tmp_path: Path) -> None:
    compiler = tmp_path / "go"
    compiler.write_text("#!/bin/sh\necho the disk is full >&2\nexit 1\n")
    compiler.chmod(0o755)
    done = _command("build", PATH=f"{tmp_path}:{os.environ['PATH']}", XDG_CACHE_HOME=str(tmp_path), KUBEBUILDER_ASSETS="")
    assert done.returncode == 1
    assert "the disk is full" in done.stderr
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path != compiler]


def test_a_missing_program_is_named_with_the_command_that_builds_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    with pytest.raises(BinariesMissing, match=r"not built: etcd \(try: make control-plane"):
        binaries.require("etcd")
    with pytest.raises(BinariesMissing, match="--with-metrics-server"):
        binaries.require("metrics-server")
