"""``ControlPlane`` starts the programs together, gives access to them, and stops them."""

import atexit
import datetime
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.control_plane import binaries, components, kubelet, leftovers, metrics
from tests.control_plane.api import Api
from tests.control_plane.certificates import DAY
from tests.control_plane.errors import ApiError
from tests.control_plane.nodes import node, settled
from tests.control_plane.ports import listening
from tests.control_plane.processes import Process, wait_until
from tests.control_plane.site import Site

_DEFAULT_ACCOUNT = "/api/v1/namespaces/{}/serviceaccounts/default"


@dataclass(frozen=True, kw_only=True)
class Options:
    """The parts of a control plane. etcd and kube-apiserver always run."""

    name: str = "control-plane"
    """The name of the context and of the cluster in every kubeconfig."""
    nodes: int = 3
    """The number of simulated nodes at the start; none without kwok."""
    controllers: bool = True
    """kube-controller-manager. Without it Deployments create no pods, and namespaces get no service account."""
    scheduler: bool = True
    kwok: bool = True
    metrics_server: bool = False
    """metrics.k8s.io; its binary is optional (``build --with-metrics-server``), its first figures take most of a minute."""
    apiserver_flags: tuple[str, ...] = ()
    """More flags for kube-apiserver, such as ``--watch-cache=false`` or ``--etcd-compaction-interval=10s``."""
    kwok_objects: tuple[dict[str, Any], ...] = ()
    """More objects for kwok's configuration, such as Stages."""

    def programs(self) -> list[str]:
        """The names of the binaries that these options need."""
        parts = (
            ("etcd", True),
            ("kube-apiserver", True),
            ("kube-controller-manager", self.controllers),
            ("kube-scheduler", self.scheduler),
            ("kwok", self.kwok),
            ("kubectl", True),
            ("metrics-server", self.metrics_server),
        )
        return [name for name, wanted in parts if wanted]


class ControlPlane:
    """One Kubernetes on loopback ports with a temporary folder of its own.

    Use it as a context manager, or call ``start`` and ``stop``; when the interpreter ends it is stopped in any case.
    Making one raises BinariesMissing where programs are not built. Everything is blocking: call it from synchronous
    fixtures, or from a thread.
    """

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self._programs = binaries.require(*self.options.programs())
        leftovers.sweep()
        self.site = Site(leftovers.new_folder(), self.options.name)
        self.kubeconfig = self.site.kubeconfig
        self.kubectl_path = self._programs["kubectl"]
        self.api = Api(self.site.ports.apiserver, self.site.authority.pair.certificate, self.site.admin)
        self.processes = {name: Process(name, command, self.site.logs / f"{name}.log") for name, command in self._commands()}
        atexit.register(self.stop)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The API server's address."""
        return self.site.url

    def start(self) -> None:
        """Starts every part and waits until pods can run. On StartFailed everything is stopped."""
        try:
            self._start_server()
            self._start_others()
            self.create_nodes(self.options.nodes if self.options.kwok else 0)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Kill every part and remove the folder (kept where ``K8SCONSOLE_KEEP_CONTROL_PLANE`` is set); safe to repeat."""
        atexit.unregister(self.stop)
        for process in reversed(self.processes.values()):
            process.stop()
        if not os.environ.get("K8SCONSOLE_KEEP_CONTROL_PLANE"):
            shutil.rmtree(self.site.folder, ignore_errors=True)

    def start_apiserver(self) -> None:
        """Start kube-apiserver, again on its old port, and wait until it is ready."""
        server = self.processes["kube-apiserver"]
        server.start()
        wait_until(self.api.ready, "a ready API server", [server, self.processes["etcd"]])

    def stop_apiserver(self, *, kill: bool = True) -> None:
        """Ends kube-apiserver at once, or by SIGTERM as a rollout does. The other parts keep running."""
        self.processes["kube-apiserver"].stop(kill=kill)

    def user(self, name: str, groups: Iterable[str] = (), lifetime: datetime.timedelta = DAY) -> Path:
        """The kubeconfig of a user with a client certificate; a negative ``lifetime`` makes one that has expired."""
        return self.site.user(name, groups, lifetime)

    def kubectl(self, *arguments: str, kubeconfig: Path | None = None, stdin: str | None = None, timeout: float = 60) -> str:
        """Runs kubectl as the administrator or with ``kubeconfig``, and returns its output.

        Raises CalledProcessError with its ``stderr``, or TimeoutExpired.
        """
        command = [str(self.kubectl_path), f"--kubeconfig={kubeconfig or self.kubeconfig}", *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout, check=True).stdout

    def create_nodes(self, count: int, prefix: str = "node") -> list[str]:
        """Create ``count`` nodes ``prefix-0`` … and wait until each is Ready; returns their names."""
        names = [f"{prefix}-{number}" for number in range(count)]
        for number, name in enumerate(names):
            self.api.create("/api/v1/nodes", node(name, number))
        for name in names:
            wait_until(lambda: settled(self.api.get(f"/api/v1/nodes/{name}")), f"node {name}", self._alive())  # noqa: B023
        return names

    def create_namespace(self, name: str) -> None:
        """Create a namespace and wait until pods may be created in it, which takes its service account."""
        self.api.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        if self.options.controllers:
            wait_until(lambda: self.api.exists(_DEFAULT_ACCOUNT.format(name)), f"namespace {name}", self._alive())

    def delete_namespace(self, name: str) -> None:
        """Requests the deletion of a namespace without waiting. A missing namespace is no error."""
        try:
            self.api.delete(f"/api/v1/namespaces/{name}")
        except ApiError as error:
            if error.status not in (404, 409):
                raise

    def log_line(self, text: str, stream: str = "stdout") -> None:
        """Appends a line to the log of every container of every pod."""
        with self.site.pod_log.open("a") as log:
            log.write(kubelet.log_line(text, stream))

    def _start_server(self) -> None:
        etcd = self.processes["etcd"]
        etcd.start()
        wait_until(lambda: listening(self.site.ports.etcd), "etcd", [etcd])
        self.start_apiserver()

    def _start_others(self) -> None:
        for name, process in self.processes.items():
            if name not in ("etcd", "kube-apiserver"):
                process.start()
        if self.options.kwok:
            wait_until(lambda: listening(self.site.ports.kwok), "kwok", self._alive())
        if self.options.controllers:
            wait_until(lambda: self.api.exists(_DEFAULT_ACCOUNT.format("default")), "the first service account", self._alive())
        if self.options.metrics_server:
            metrics.register(self.api, self.site.ports.metrics)

    def _alive(self) -> list[Process]:
        return list(self.processes.values())

    def _commands(self) -> list[tuple[str, list[str]]]:
        """Name and command line of each part, in the order of starting."""
        site, programs = self.site, self._programs
        recipes: dict[str, Callable[[Path], list[str]]] = {
            "etcd": lambda program: components.etcd(program, site),
            "kube-apiserver": lambda program: components.apiserver(program, site, self.options.apiserver_flags),
            "kube-controller-manager": lambda program: components.controller_manager(program, site),
            "kube-scheduler": lambda program: components.scheduler(program, site),
            "kwok": lambda program: components.kwok(program, site, self._kubelet()),
            "metrics-server": lambda program: components.metrics_server(program, site),
        }
        return [(name, recipe(programs[name])) for name, recipe in recipes.items() if name in programs]

    def _kubelet(self) -> Path:
        return kubelet.write_configuration(
            self.site.folder / "kwok.yaml",
            log=self.site.pod_log,
            workdir=self.site.workdir,
            forward_to=self.site.ports.etcd,
            extra=self.options.kwok_objects,
        )
