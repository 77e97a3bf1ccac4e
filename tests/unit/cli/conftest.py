"""The command line in this process: one still demo cluster, scanned once into a cache that the tests only read."""

import contextlib
import io
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from k8sconsole.cli.main import main
from k8sconsole.demo.server import DemoCluster


class Done(NamedTuple):
    """How a command line ended."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line that begins with ``error:``."""
        lines = [line for line in self.err.splitlines() if line.startswith("error: ")]
        assert len(lines) == 1, self.err
        return lines[0]

    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)

    def rows(self) -> list[list[str]]:
        """The printed table without its header; columns are parted by two spaces or more."""
        return [[cell for cell in line.split("   ") if cell.strip()] for line in self.out.splitlines()[1:]]


class CommandLine:
    """Runs command lines with an environment of their own. ``folder`` holds everything that they write."""

    def __init__(self, folder: Path, kubeconfig: str) -> None:
        self.folder = folder
        self.cache = folder / "cache.db"
        self.environment = {
            "HOME": str(folder),
            "KUBECONFIG": kubeconfig,
            "CACHE_DB_PATH": str(self.cache),
            "K8SCONSOLE_LOG__FOLDER": str(folder / "logs"),
        }

    def run(self, *words: str, **environment: str) -> Done:
        out, err = io.StringIO(), io.StringIO()
        before = dict(os.environ)
        os.environ.update({**self.environment, **environment})
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as ended:
                main(words)
        finally:
            os.environ.clear()
            os.environ.update(before)
        return Done(int(ended.value.code or 0), out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def demo() -> Iterator[DemoCluster]:
    with DemoCluster.in_thread("calm-shop", still=True, seed=7) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def scanned(demo: DemoCluster, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """For reading only."""
    line = CommandLine(tmp_path_factory.mktemp("cli"), str(demo.kubeconfig))
    assert line.run("scan", "--once", "--json").code == 0
    return line


@pytest.fixture
def own(scanned: CommandLine, tmp_path: Path) -> CommandLine:
    """A copy of the scanned cache that a test may change."""
    shutil.copy(scanned.cache, tmp_path / "cache.db")
    return CommandLine(tmp_path, scanned.environment["KUBECONFIG"])


@pytest.fixture
def empty(tmp_path: Path) -> CommandLine:
    """No cluster and nothing cached."""
    return CommandLine(tmp_path, str(tmp_path / "no-kubeconfig"))
