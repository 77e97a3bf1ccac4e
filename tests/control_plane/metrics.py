"""Registers metrics-server with the API server and waits for its first figures."""

from typing import Any

from tests.control_plane.api import Api
from tests.control_plane.errors import ApiError
from tests.control_plane.processes import Process, wait_until

_NAME = "v1beta1.metrics.k8s.io"
_NODES = "/apis/metrics.k8s.io/v1beta1/nodes"


def register(api: Api, port: int) -> None:
    """Registers metrics.k8s.io through a service that leads to ``port`` on this machine."""
    service: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "metrics-server", "namespace": "kube-system"},
        "spec": {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": port, "protocol": "TCP"}]},
    }
    registration: dict[str, Any] = {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": _NAME},
        "spec": {
            "group": "metrics.k8s.io",
            "version": "v1beta1",
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
            "insecureSkipTLSVerify": True,
            "service": {"name": "metrics-server", "namespace": "kube-system", "port": port},
        },
    }
    api.create("/api/v1/namespaces/kube-system/services", service)
    api.create("/apis/apiregistration.k8s.io/v1/apiservices", registration)


def wait_for_figures(api: Api, server: Process) -> None:
    """Waits until every node has figures, 30 to 60 s after the start (two scrapes). Raises StartFailed."""
    wait_until(lambda: _measured(api), "the first metrics", [server])


def _measured(api: Api) -> bool:
    try:
        measured = len(api.get(_NODES)["items"])
    except ApiError:
        return False
    return 0 < measured == len(api.get("/api/v1/nodes")["items"])
