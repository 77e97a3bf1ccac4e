"""Compiling the programs of the control plane into the cache folder.

Four of them come from the Go module in this folder, so that they agree on every library; kwok and metrics-server want
other versions and are installed by module version. Measured on two cores: five to six minutes in all, 1.8 GB of memory
while kube-apiserver links.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TextIO

from tests.control_plane.binaries import MODULE, PROGRAMS, Program, cache_folder, locate, pinned
from tests.control_plane.errors import BuildFailed, GoMissing

_STRIP = "-s -w"


def build(*, with_metrics_server: bool = False, out: TextIO = sys.stdout) -> None:
    """Compiles every missing program, with one line of progress each.

    Raises GoMissing when something has to be compiled and there is no toolchain, BuildFailed when the compiler refuses.
    """
    wanted = [program for program in PROGRAMS if not program.optional or with_metrics_server]
    for number, program in enumerate(wanted, start=1):
        label = f"[{number}/{len(wanted)}] {program.name:<24}"
        present = locate(program.name)
        if present is None:
            _compile(_go(), program, label, out)
        else:
            print(f"{label} present  {present}", file=out, flush=True)


def _go() -> str:
    found = shutil.which("go")
    if found is None:
        raise GoMissing
    return found


def _compile(go: str, program: Program, label: str, out: TextIO) -> None:
    target = cache_folder()
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target, prefix=".building-") as name:
        folder = Path(name)
        seconds = _run(_command(go, program, folder), folder, label, out)
        # A rename within one file system is atomic, so a program is complete or missing.
        (folder / program.name).rename(target / program.name)
    print(f" built in {seconds:.0f} s", file=out, flush=True)


def _command(go: str, program: Program, folder: Path) -> list[str]:
    if program.version is None:
        flags = f"{_STRIP} {_version_stamp()}"
        return [go, "build", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", str(folder / program.name), program.package]
    return [go, "install", "-trimpath", "-ldflags", _STRIP, f"{program.package}@v{program.version}"]


def _version_stamp() -> str:
    """Linker flags for the version. Without them the server reports v0.0.0-master, which clients treat as very old."""
    version = pinned("k8s.io/kubernetes")
    major, minor, _ = version.split(".", 2)
    facts = {"gitVersion": f"v{version}", "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    return " ".join(f"-X k8s.io/component-base/version.{key}={value}" for key, value in facts.items())


def _run(command: list[str], folder: Path, label: str, out: TextIO) -> float:
    """Runs the compiler to its end. On a terminal the elapsed seconds are shown. Returns the seconds."""
    started = time.monotonic()
    print(label, "compiling …", end="", file=out, flush=True)
    log = folder / "compiler.log"
    environment = os.environ | {"CGO_ENABLED": "0", "GOBIN": str(folder)}
    with log.open("wb") as sink, subprocess.Popen(command, cwd=MODULE, env=environment, stdout=sink, stderr=sink) as compiler:
        try:
            _watch(compiler, started, label, out)
        except BaseException:
            compiler.terminate()
            raise
    if compiler.returncode != 0:
        print(" failed", file=out)
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
        raise BuildFailed(f"{' '.join(command)} ended with {compiler.returncode}:\n{tail}")
    return time.monotonic() - started


def _watch(compiler: subprocess.Popen[bytes], started: float, label: str, out: TextIO) -> None:
    while True:
        try:
            compiler.wait(timeout=1)
        except subprocess.TimeoutExpired:
            if out.isatty():
                print(f"\r{label} compiling … {time.monotonic() - started:.0f} s", end="", file=out, flush=True)
        else:
            print(f"\r{label}" if out.isatty() else "", end="", file=out)
            return
