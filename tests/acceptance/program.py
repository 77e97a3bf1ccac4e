"""The program as a user runs it: commands with a home directory, a cache and a log of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "k8sconsole"]
_KEPT = ("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV", "TMPDIR")


class Program:
    """``folder`` receives every file that the program writes; ``kubeconfig`` names its cluster."""

    def __init__(self, folder: Path, kubeconfig: Path) -> None:
        self.folder = folder
        self.cache = folder / "data" / "cache.db"
        self.env = {name: os.environ[name] for name in _KEPT if name in os.environ}
        self.env |= {
            "HOME": str(folder / "home"),
            "KUBECONFIG": str(kubeconfig),
            "CACHE_DB_PATH": str(self.cache),
            "K8SCONSOLE_LOG__FOLDER": str(folder / "logs"),
            "K8SCONSOLE_LOG__LEVEL": "DEBUG",
        }
        (folder / "home").mkdir(parents=True, exist_ok=True)

    def finish(self, *arguments: str, timeout: float = 90) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end. Returns the completed process with any exit code."""
        return subprocess.run(
            [*COMMAND, *arguments], cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL
        )

    def run(self, *arguments: str, timeout: float = 90) -> str:
        """Runs a command. Returns its standard output. An exit code other than 0 fails the test."""
        done = self.finish(*arguments, timeout=timeout)
        assert done.returncode == 0, f"{' '.join(arguments)} ended with {done.returncode}: {done.stderr[-2000:] or done.stdout[-2000:]}"
        return done.stdout

    def json(self, *arguments: str, timeout: float = 90) -> Any:
        return json.loads(self.run(*arguments, timeout=timeout))

    def written(self) -> Iterator[tuple[Path, bytes]]:
        """Every file below ``folder`` with its content: the cache, its side files, the log and all others."""
        for path in sorted(self.folder.rglob("*")):
            if path.is_file():
                yield path, path.read_bytes()
