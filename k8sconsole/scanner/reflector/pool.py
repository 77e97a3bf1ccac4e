"""The reflectors of one cluster: one is started when a kind appears, and stopped when the kind is no longer served."""

import asyncio
import contextlib
from collections.abc import Iterable, Mapping

from k8sconsole.errors import StoreError
from k8sconsole.model.refs import ApiResource, ResourceName
from k8sconsole.scanner.context import KindReport, ScanContext, cancel_all
from k8sconsole.scanner.reflector.partial_refresh import RefreshTarget, refresh_target
from k8sconsole.scanner.reflector.reflector import Reflector
from k8sconsole.store.port import ScanState

DEFINITIONS = ResourceName("customresourcedefinitions.apiextensions.k8s.io")

_DEFINITIONS_WITHIN = 10.0
"""Seconds to wait for the custom resource definitions before custom kinds are read without their own columns."""


class ReflectorPool:
    """Starts and stops reflectors. Belongs to one loop."""

    def __init__(self, context: ScanContext) -> None:
        self.reflectors: dict[ResourceName, Reflector] = {}
        self._context = context
        self._tasks: dict[ResourceName, asyncio.Task[None]] = {}

    async def start(self, resources: Iterable[ApiResource]) -> None:
        """Starts a reflector for each of these kinds that has none.

        Custom resource definitions are read first, because they hold the columns of custom kinds.
        """
        by_name = {resource.name: resource for resource in resources}
        recorded = {state.resource: state for state in await self._context.store.metadata.scan_states(self._context.cluster)}
        await self._relist_changed_columns()
        custom = {name for name, resource in by_name.items() if "." in resource.group}
        self._start_missing((resource for name, resource in by_name.items() if name not in custom or name == DEFINITIONS), recorded)
        if DEFINITIONS in self.reflectors:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_DEFINITIONS_WITHIN):
                    await self.reflectors[DEFINITIONS].first_list_finished.wait()
        self._start_missing(by_name.values(), recorded)

    async def stop_except(self, resources: Iterable[ApiResource]) -> None:
        """Stops the reflectors of all other kinds, and of kinds whose version or verbs differ from these."""
        by_name = {resource.name: resource for resource in resources}
        for name in [name for name, reflector in self.reflectors.items() if by_name.get(name) != reflector.resource]:
            await self._stop(name)

    def namespaces_changed(self) -> None:
        for reflector in self.reflectors.values():
            reflector.namespaces_changed()

    async def refresh_target(self, target: RefreshTarget) -> KindReport:
        """Refreshes part of a kind while its reflector, if there is one, continues. Raises as ``partial_refresh.refresh_target`` does."""
        resource = target.resource.name
        async with self._context.limiter.slot(resource):
            report = await refresh_target(self._context, target)
        if reflector := self.reflectors.get(resource):
            await reflector.add_to_count(report)
        if report.added or report.changed or report.deleted:
            self._context.rows_changed(resource, await self._context.store.objects.revision())
        return report

    async def close(self) -> None:
        """Stops every reflector."""
        await cancel_all(self._tasks.values())
        with contextlib.suppress(StoreError):
            await asyncio.gather(*(reflector.release() for reflector in self.reflectors.values()))
        self._tasks.clear()
        self.reflectors.clear()

    def _start_missing(self, resources: Iterable[ApiResource], recorded: Mapping[ResourceName, ScanState]) -> None:
        for resource in resources:
            if resource.name not in self.reflectors:
                reflector = self.reflectors[resource.name] = Reflector(self._context, resource, recorded.get(resource.name))
                self._tasks[resource.name] = asyncio.create_task(reflector.run(), name=f"reflect {resource.name}")

    async def _stop(self, name: ResourceName) -> None:
        reflector, task = self.reflectors.pop(name), self._tasks.pop(name)
        await cancel_all([task])
        with contextlib.suppress(StoreError):
            await reflector.release()

    async def _relist_changed_columns(self) -> None:
        """Lists kinds again whose definition has changed, so that their rows get the new columns."""
        for name, reflector in self.reflectors.items():
            table = await self._context.store.metadata.table(self._context.cluster, name)
            if reflector.columns and reflector.columns != table.layout:
                reflector.request_relist()
