"""The folder, ports, certificates and kubeconfigs of one control plane."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.control_plane import kubeconfigs
from tests.control_plane.certificates import DAY, Authority, KeyPair
from tests.control_plane.ports import free_ports


@dataclass(frozen=True)
class Ports:
    """The loopback ports of one control plane, chosen once so that a restarted program returns to its own."""

    etcd: int
    peer: int
    apiserver: int
    kwok: int
    metrics: int


class Site:
    """The files of one control plane in a folder of its own. Creating it starts no program."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name
        self.ports = Ports(*free_ports(5))
        self.logs = self._subfolder("logs")
        self.workdir = self._subfolder("pods")
        self.pod_log = self.workdir / "container.log"
        self.pod_log.touch()
        self.authority = Authority(folder / "pki")
        self.server = self.authority.server()
        self.service_accounts = self.authority.service_accounts()
        self.admin = self.authority.client("admin", ["system:masters"])
        self.aggregator = self.authority.client("aggregator")
        self.kubeconfig = self._kubeconfig("admin", self.admin)

    @property
    def url(self) -> str:
        """The API server's address."""
        return f"https://127.0.0.1:{self.ports.apiserver}"

    def user(self, name: str, groups: Iterable[str] = (), lifetime: datetime.timedelta = DAY) -> Path:
        """A kubeconfig for a new user with the permissions that RBAC grants to the name and the groups."""
        return self._kubeconfig(name, self.authority.client(name, groups, lifetime))

    def _kubeconfig(self, user: str, credentials: KeyPair) -> Path:
        return kubeconfigs.write(
            self.folder / "kubeconfigs" / f"{credentials.key.stem}.yaml",
            context=self.name,
            server=self.url,
            authority=self.authority.pair.certificate,
            user=user,
            credentials=credentials,
        )

    def _subfolder(self, name: str) -> Path:
        path = self.folder / name
        path.mkdir()
        return path
