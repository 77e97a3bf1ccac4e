"""The pytest fixtures of the real Kubernetes: servers, namespaces, and the real cluster of the contract tests.

Where the programs are not built, tests that ask for a server are skipped, and the summary says so in one line; in CI
(the variable ``CI`` is set) on a machine with Go they fail instead, since there nothing excuses their absence.
"""

import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from tests.control_plane import binaries
from tests.control_plane.errors import BinariesMissing
from tests.control_plane.offered import OfferedCluster
from tests.control_plane.plane import ControlPlane, Options

T = TypeVar("T")
_skipped = pytest.StashKey[bool]()

OwnControlPlane = Callable[[Options], ControlPlane]


@pytest.fixture(scope="session")
def control_plane(pytestconfig: pytest.Config) -> Iterator[ControlPlane]:
    """The shared server of the session. A test uses its own namespace and never stops the server."""
    with _made(pytestconfig, Options(name="real")) as plane:
        yield plane


@pytest.fixture
def own_control_plane(pytestconfig: pytest.Config) -> Iterator[OwnControlPlane]:
    """A function that starts a control plane with given Options for one test, which may break it. All are stopped afterwards."""
    started: list[ControlPlane] = []

    def start(options: Options) -> ControlPlane:
        plane = _made(pytestconfig, options)
        started.append(plane)
        plane.start()
        return plane

    yield start
    for plane in started:
        plane.stop()


@pytest.fixture
def real_namespace(control_plane: ControlPlane, request: pytest.FixtureRequest) -> Iterator[str]:
    """A new namespace on the shared server, ready for pods. The fixture does not wait for its deletion."""
    words = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:40].strip("-")
    name = f"{words}-{secrets.token_hex(3)}"
    control_plane.create_namespace(name)
    yield name
    control_plane.delete_namespace(name)


@pytest.fixture
def real_cluster(control_plane: ControlPlane, real_namespace: str) -> OfferedCluster:
    """The real half of a contract test."""
    return OfferedCluster("real", control_plane.kubeconfig, control_plane.options.name, real_namespace, control_plane.kubectl)


@pytest.fixture(scope="session")
def printers_oracle(pytestconfig: pytest.Config) -> Path:
    """The program that prints objects as the API server's own printers do; ``tests.oracle`` runs it."""
    name = binaries.PRINTERS_ORACLE
    return _made_or_skipped(pytestconfig, lambda: binaries.require(name)[name])


def _made(config: pytest.Config, options: Options) -> ControlPlane:
    return _made_or_skipped(config, lambda: ControlPlane(options))


def _made_or_skipped(config: pytest.Config, make: Callable[[], T]) -> T:
    try:
        return make()
    except BinariesMissing as error:
        absent = error
    config.stash[_skipped] = not absent.optional or config.stash.get(_skipped, False)
    if os.environ.get("CI") and shutil.which("go") and not absent.optional:
        pytest.fail(str(absent), pytrace=False)
    pytest.skip(str(absent))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Prints once that tests needed a real server and found none."""
    if config.stash.get(_skipped, False):
        try:
            binaries.require(*binaries.REQUIRED)
        except BinariesMissing as error:
            terminalreporter.write_line(f"REAL KUBERNETES NOT TESTED: {error}", red=True, bold=True)
