"""A console on the demo cluster with servers attached whose manners the test decides."""

import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from k8sconsole.cluster.live.contexts import KubeconfigContexts
from k8sconsole.config.loader import load_settings
from k8sconsole.config.settings import ScannerSettings
from k8sconsole.demo.server import DemoCluster
from k8sconsole.model.attached_servers import AttachedServerSettings, AttachedServerState, AttachedServerStatus
from k8sconsole.model.events import Fact
from k8sconsole.model.policy import Policy
from k8sconsole.model.tools import Face
from k8sconsole.runtime.cluster_pool import Opening
from k8sconsole.runtime.console import Console
from tests.outside import manners
from tests.waiting import wait_until

SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}, "depth": {"type": "integer", "maximum": 9}}, "required": ["path"]}


def tool(name: str, description: str = "Looks at a file.", **more: Any) -> dict[str, Any]:
    return {"name": name, "description": description, "inputSchema": SCHEMA, **more}


class Manners:
    """The server's file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tools = [tool("read_file", annotations={"readOnlyHint": True}), tool("delete_file"), tool("hang")]
        self.be("answer")

    def be(self, manners: str) -> None:
        """From the next request on."""
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps({"tools": self.tools, "manners": manners}))
        new.replace(self.path)

    def calls(self) -> list[dict[str, Any]]:
        where = self.path.with_suffix(".calls")
        return [json.loads(line) for line in where.read_text().splitlines()] if where.exists() else []

    def server(self, name: str = "files", **more: Any) -> AttachedServerSettings:
        known = {"reads": ("read_*", "hang"), "timeout": 1.0, **more}
        return AttachedServerSettings(name, command=sys.executable, args=(manners.__file__, str(self.path)), **known)


class Attached:
    """A console with its attached servers. facts: what was on its bus."""

    def __init__(self, console: Console, facts: list[Fact]) -> None:
        self.console = console
        self.facts = facts

    def state(self, name: str = "files") -> AttachedServerStatus:
        return next(state for state in self.console._servers().states() if state.name == name)

    async def ready(self, name: str = "files") -> None:
        await wait_until(lambda: self.state(name).state is AttachedServerState.READY)

    async def lost(self, name: str = "files") -> None:
        await wait_until(lambda: self.state(name).state is AttachedServerState.LOST)

    def names(self) -> list[str]:
        return [
            spec.name for spec in self.console._pipeline().registry.list_tools(self.console._opening.face, self.console._settings.policy)
        ]


Attach = Callable[..., Any]


@pytest.fixture
def files(tmp_path: Path) -> Manners:
    return Manners(tmp_path / "files.json")


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoCluster]:
    """The demo cluster of a module: its tests leave it as it is."""
    with DemoCluster.in_thread(scenario="calm-shop", still=True, seed=7) as cluster:
        yield cluster


@pytest.fixture
def attach(demo: DemoCluster, tmp_path: Path) -> Attach:
    @asynccontextmanager
    async def opened(
        *servers: AttachedServerSettings,
        face: Face = Face.TUI,
        policy: Policy | None = None,
        source: str = "",
        scan: bool = False,
        wait: float = 20.0,
    ) -> AsyncIterator[Attached]:
        loaded = load_settings({"cache.db_path": str(tmp_path / "cache.db"), "log.folder": str(tmp_path / "logs")}, environment={})
        settings = msgspec.structs.replace(
            loaded.settings, mcp_servers=servers, policy=policy or Policy(), scanner=ScannerSettings(source=source)
        )
        facts: list[Fact] = []
        contexts = None if source else lambda: KubeconfigContexts([demo.kubeconfig])
        opening = Opening(msgspec.structs.replace(loaded, settings=settings), face, scan=scan, make_contexts=contexts)
        console = await Console.open(opening, listener=facts.append)
        try:
            await console.tools.connect_servers(wait)
            yield Attached(console, facts)
        finally:
            await console.close()

    return opened
