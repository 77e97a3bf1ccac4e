"""The keepers of one cluster's kinds: joined by one when a kind appears, left by one when it goes."""

import asyncio
import contextlib
from collections.abc import Iterable, Mapping

from k8sconsole.errors import StoreError
from k8sconsole.model.refs import ApiResource, ResourceName
from k8sconsole.scanner.context import Desk
from k8sconsole.scanner.reflector.partial_refresh import Part, read_part
from k8sconsole.scanner.reflector.reflector import KindKeeper
from k8sconsole.scanner.reflector.watcher import end_all
from k8sconsole.scanner.reports import KindReport
from k8sconsole.store.port import ScanState

DEFINITIONS = ResourceName("customresourcedefinitions.apiextensions.k8s.io")

_FIRST_DEFINITIONS_WITHIN = 10.0
"""Seconds to wait for the definitions before custom kinds are read without their own columns."""


class Crew:
    def __init__(self, desk: Desk) -> None:
        self.keepers: dict[ResourceName, KindKeeper] = {}
        self._desk = desk
        self._tasks: dict[ResourceName, asyncio.Task[None]] = {}

    async def serve(self, resources: Iterable[ApiResource]) -> None:
        """These kinds from now on, beside those that are kept already. Definitions come before what they define, since custom kinds'
        columns stand in them."""
        wanted = {resource.name: resource for resource in resources}
        recorded = {state.resource: state for state in await self._desk.store.scan_states(self._desk.cluster)}
        await self._renew_columns()
        custom = {name for name, resource in wanted.items() if "." in resource.group}
        self._hire((resource for name, resource in wanted.items() if name not in custom or name == DEFINITIONS), recorded)
        if DEFINITIONS in self.keepers:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_FIRST_DEFINITIONS_WITHIN):
                    await self.keepers[DEFINITIONS].settled.wait()
        self._hire(wanted.values(), recorded)

    async def part_with(self, resources: Iterable[ApiResource]) -> None:
        """Keeps only these kinds: not what has gone, nor what has changed its version or its verbs."""
        wanted = {resource.name: resource for resource in resources}
        for name in [name for name, keeper in self.keepers.items() if wanted.get(name) != keeper.resource]:
            await self._dismiss(name)

    def namespaces_moved(self) -> None:
        for keeper in self.keepers.values():
            keeper.namespaces_moved()

    async def read_part(self, part: Part) -> KindReport:
        """By itself, beside its kind's keeper if there is one. Raises as ``parts.read_part`` does."""
        resource = part.resource.name
        async with self._desk.gate.place(resource):
            report = await read_part(self._desk, part)
        if keeper := self.keepers.get(resource):
            await keeper.count(report)
        if report.added or report.changed or report.deleted:
            self._desk.changed(resource, await self._desk.store.revision())
        return report

    async def end(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        with contextlib.suppress(StoreError):
            await asyncio.gather(*(keeper.let_go() for keeper in self.keepers.values()))
        self._tasks.clear()
        self.keepers.clear()

    def _hire(self, resources: Iterable[ApiResource], recorded: Mapping[ResourceName, ScanState]) -> None:
        for resource in resources:
            if resource.name not in self.keepers:
                keeper = self.keepers[resource.name] = KindKeeper(self._desk, resource, recorded.get(resource.name))
                self._tasks[resource.name] = asyncio.create_task(keeper.keep(), name=f"keep {resource.name}")

    async def _dismiss(self, name: ResourceName) -> None:
        keeper, task = self.keepers.pop(name), self._tasks.pop(name)
        await end_all([task])
        with contextlib.suppress(StoreError):
            await keeper.let_go()

    async def _renew_columns(self) -> None:
        """Rows that were laid out by a definition that has changed are laid out anew."""
        for name, keeper in self.keepers.items():
            table = await self._desk.store.table(self._desk.cluster, name)
            if keeper.columns and keeper.columns != tuple(column.name for column in table.columns):
                keeper.list_anew()
