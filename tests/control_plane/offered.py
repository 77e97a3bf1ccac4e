"""How a contract test meets a cluster without knowing which: the same bodies run on the demo and on the real thing."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class OfferedCluster:
    """A cluster, and a namespace in it that is the test's own."""

    kind: str
    """``demo`` or ``real``; a test that looks at it is no contract."""
    kubeconfig: Path
    context: str
    namespace: str
    kubectl: Callable[..., str]
    """Arguments in, standard output out; raises CalledProcessError (see ``ControlPlane.kubectl``)."""


def offer(*kinds: str) -> Callable[[pytest.FixtureRequest], OfferedCluster]:
    """A fixture whose tests run once per kind, each on what the fixture ``<kind>_cluster`` gives.

    ``real`` brings its marker along, so that ``-m "not real"`` leaves that half out.
    """
    marked = [pytest.param(kind, marks=pytest.mark.real if kind == "real" else ()) for kind in kinds]

    @pytest.fixture(params=marked)
    def cluster(request: pytest.FixtureRequest) -> OfferedCluster:
        offered: OfferedCluster = request.getfixturevalue(f"{request.param}_cluster")
        return offered

    return cluster
