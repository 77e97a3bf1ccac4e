"""Runs the same contract test on the demo and on a real cluster."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class OfferedCluster:
    """A cluster, and a namespace of the test in it."""

    kind: str
    """``demo`` or ``real``. A contract test must not read it."""
    kubeconfig: Path
    context: str
    namespace: str
    kubectl: Callable[..., str]
    """Runs kubectl and returns its standard output. Raises CalledProcessError (see ``ControlPlane.kubectl``)."""


def offer(*kinds: str) -> Callable[[pytest.FixtureRequest], OfferedCluster]:
    """Makes a fixture whose tests run once per kind, on the cluster of the fixture ``<kind>_cluster``.

    ``real`` brings its marker along, so that ``-m "not real"`` leaves that half out.
    """
    marked = [pytest.param(kind, marks=pytest.mark.real if kind == "real" else ()) for kind in kinds]

    @pytest.fixture(params=marked)
    def cluster(request: pytest.FixtureRequest) -> OfferedCluster:
        offered: OfferedCluster = request.getfixturevalue(f"{request.param}_cluster")
        return offered

    return cluster
