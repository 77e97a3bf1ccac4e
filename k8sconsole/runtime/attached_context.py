"""Adds a context for the cluster that is read through an attached MCP server to those of the kubeconfig."""

from pathlib import Path

import msgspec

from k8sconsole.cluster.port import Cluster, Contexts
from k8sconsole.errors import Unavailable
from k8sconsole.model.clusters import ContextInfo
from k8sconsole.model.refs import ClusterName


class AttachedContexts:
    """Implements ``cluster.port.Contexts``. The server's context is the current one and has the server's name. It hides a kubeconfig
    context of the same name, so that the two are not confused."""

    def __init__(self, server: str, others: Contexts) -> None:
        self._server = ClusterName(server)
        self._others = others

    def list(self) -> "list[ContextInfo]":
        others = [msgspec.structs.replace(info, current=False) for info in self._others.list() if info.name != self._server]
        return [ContextInfo(self._server, self._server, f"mcp:{self._server}", "", "", current=True), *others]

    def current(self) -> str:
        return self._server

    def files(self) -> tuple[Path, ...]:
        return self._others.files()

    async def open(self, name: ClusterName) -> Cluster:
        if name == self._server:
            why = "it is only read, through the attached server of that name"
            raise Unavailable(f"{name} cannot be asked directly", why, f"the cache, or a tool {name}__…")
        return await self._others.open(name)

    def origin(self) -> str:
        return f"the attached server {self._server}, {self._others.origin()}"
