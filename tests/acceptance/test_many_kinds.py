"""A cluster of more kinds than a process may open files: 500 definitions on a real API server, and ``ulimit -n 256``."""

import resource
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from tests.acceptance.program import COMMAND, ROOT, Program
from tests.control_plane.definitions import create_definitions, create_thing
from tests.control_plane.fixtures import OwnControlPlane
from tests.control_plane.plane import ControlPlane, Options
from tests.waiting import block_until

pytestmark = [pytest.mark.real, pytest.mark.long]

KINDS = 500
MOST_SOCKETS = 200
"""A cluster's, whatever the number of its kinds."""


@pytest.fixture
def many(own_control_plane: OwnControlPlane) -> ControlPlane:
    plane = own_control_plane(Options(name="many", nodes=0, controllers=False, scheduler=False, kwok=False))
    create_definitions(plane, KINDS)
    return plane


@pytest.fixture
def scanning(many: ControlPlane, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Program, subprocess.Popen[bytes]]]:
    """A scan of the cluster under one or two names, with few open files."""
    limit, contexts = request.param
    program = Program(tmp_path, _kubeconfig(many, tmp_path, contexts))
    words = [word for name in contexts for word in ("--context", name)]

    def limit_files() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

    with (tmp_path / "said").open("wb") as said:
        process = subprocess.Popen([*COMMAND, "scan", *words], cwd=ROOT, env=program.env, stderr=said, preexec_fn=limit_files)
    yield program, process
    process.terminate()
    process.wait(30)


def _kubeconfig(plane: ControlPlane, folder: Path, contexts: tuple[str, ...]) -> Path:
    """The same server under several names."""
    config = yaml.safe_load(plane.kubeconfig.read_text())
    config["clusters"] = [{**config["clusters"][0], "name": name} for name in contexts]
    context = config["contexts"][0]["context"]
    config["contexts"] = [{"name": name, "context": {**context, "cluster": name}} for name in contexts]
    config["current-context"] = contexts[0]
    path = folder / "config"
    path.write_text(yaml.safe_dump(config))
    return path


@pytest.mark.parametrize("scanning", [(256, ("one",)), (1024, ("one", "two"))], indirect=True, ids=["256 files", "1024 files, 2 clusters"])
def test_every_kind_is_read_with_few_sockets(many: ControlPlane, scanning: tuple[Program, subprocess.Popen[bytes]]) -> None:
    program, process = scanning
    clusters = len(yaml.safe_load(Path(program.env["KUBECONFIG"]).read_text())["contexts"])
    most = 0

    def all_placed() -> bool:
        nonlocal most
        assert process.poll() is None, (program.folder / "said").read_text()[-2000:]
        most = max(most, _sockets(process.pid))
        placed = _query(program, "SELECT count(*) FROM kinds WHERE (watching OR poll_interval) AND resource LIKE '%.many.example.com'")
        return placed == KINDS * clusters

    block_until(all_placed, within=400)
    assert most <= MOST_SOCKETS * clusters
    watched = _query(program, "SELECT count(*) FROM kinds WHERE watching")
    assert watched > 50 * clusters
    group, plural = _one_in_turns(program)
    create_thing(many, group, plural, "late")
    found = f"SELECT count(*) FROM objects o JOIN kinds k ON k.id = o.kind_id WHERE k.resource = '{plural}.{group}'"
    block_until(lambda: _query(program, found) == clusters, within=180)
    assert _sockets(process.pid) <= MOST_SOCKETS * clusters
    assert "lost" not in (program.folder / "said").read_text()
    assert "polled every" in program.finish("get", f"{plural}.{group}", "-A").stderr


def _one_in_turns(program: Program) -> tuple[str, str]:
    with closing(sqlite3.connect(program.cache)) as connection:
        (name,) = connection.execute(
            "SELECT resource FROM kinds WHERE poll_interval GROUP BY resource ORDER BY count(*) DESC, resource DESC"
        ).fetchone()
    plural, _, group = name.partition(".")
    return group, plural


def _query(program: Program, sql: str) -> int:
    if not program.cache.exists():
        return 0
    with closing(sqlite3.connect(program.cache)) as connection:
        try:
            return int(connection.execute(sql).fetchone()[0])
        except sqlite3.OperationalError:
            return 0  # the tables are not there yet


def _sockets(pid: int) -> int:
    names = [file.readlink() if file.is_symlink() else file for file in Path(f"/proc/{pid}/fd").iterdir()]
    return sum(str(name).startswith("socket:") for name in names)
