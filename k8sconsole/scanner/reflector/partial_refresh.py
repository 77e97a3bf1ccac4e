"""Refreshes part of a kind: one object, or the objects of one namespace.

A watch of the kind, in this process or another, continues meanwhile. What it writes during the refresh wins over what the refresh read.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from k8sconsole.errors import ConsoleError, Forbidden, NotFound
from k8sconsole.model.objects import DeletedObject, Row
from k8sconsole.model.refs import ApiResource, Namespace
from k8sconsole.scanner.context import KindReport, ScanContext
from k8sconsole.scanner.parser import ResourceParser
from k8sconsole.scanner.reflector.lister import list_timeout_error
from k8sconsole.store.port import RowQuery, ScanState, ScanStatus, WriteBatch

_WATCH_LEAD = 0.2
"""Seconds in which the kind's watch can write the same change first. Then nothing is left to write, and every version is recorded."""

_LIST_WAIT = 5.0
"""Seconds to wait for a list of the kind that is in progress: at its end it deletes the rows that it did not read."""


class RefreshTarget(msgspec.Struct, frozen=True):
    """One object when it has a name; else the kind's objects in the namespace."""

    resource: ApiResource
    namespace: str = ""
    name: str = ""


async def refresh_target(context: ScanContext, target: RefreshTarget) -> KindReport:
    """Reads the target and writes it. ``objects`` of the report counts the objects of the target.

    Raises DeadlineExceeded after the plan's timeout, and StoreError. For a single object it also raises what the source raises: NotFound
    when the cache does not have it either. For a namespace such errors are in the report.
    """
    try:
        async with asyncio.timeout(context.plan.timeout):
            return await _read_and_write(context, target)
    except TimeoutError as error:
        raise list_timeout_error(target.resource.name, context.plan.timeout) from error
    except Forbidden as error:
        if target.name:
            raise
        return _report(context, target, missing=(f"{target.resource.name} in {target.namespace}: {error.detail or error.title}",))
    except ConsoleError as error:
        if target.name:
            raise
        return _report(context, target, error=str(error))


async def _read_and_write(context: ScanContext, target: RefreshTarget) -> KindReport:
    started = context.clock.monotonic()
    await _wait_for_running_list(context, target)
    parser = ResourceParser(target.resource, await context.store.metadata.table(context.cluster, target.resource.name))
    revision = await context.store.objects.revision()
    cached = await _cached_rows(context, target)
    items = await _read_items(context, target, cached)
    at = context.clock.now()
    objects, _ = await asyncio.get_running_loop().run_in_executor(context.parsers, parser.objects, items, {})
    versions = {(each.namespace, each.name): each.resource_version for each in objects}
    gone = [DeletedObject(row.namespace, row.name) for row in cached if (row.namespace, row.name) not in versions]
    state = await _scan_state(context, target)
    if state and state.watching and versions != {(row.namespace, row.name): row.resource_version for row in cached}:
        await asyncio.sleep(_WATCH_LEAD)
    batch = WriteBatch(context.cluster, target.resource.name, at, objects, gone, columns=parser.columns, since=revision)
    result = await context.store.objects.write(batch)
    seconds = context.clock.monotonic() - started
    counts = {"added": result.added, "changed": result.changed, "deleted": result.deleted}
    return _report(context, target, objects=len(objects), seconds=seconds, **counts)


def _report(context: ScanContext, target: RefreshTarget, **fields: Any) -> KindReport:
    return KindReport(context.cluster, target.resource.name, **fields)


async def _cached_rows(context: ScanContext, target: RefreshTarget) -> Sequence[Row]:
    namespaces = (Namespace(target.namespace),) if target.namespace else ()
    return (await context.store.objects.rows(RowQuery(target.resource.name, (context.cluster,), namespaces, target.name))).rows


async def _read_items(context: ScanContext, target: RefreshTarget, cached: Sequence[Row]) -> list[msgspec.Raw | bytes]:
    namespace = target.namespace or None
    if not target.name:
        pages = context.source.pages(target.resource, namespace=namespace, limit=context.plan.page)
        return [item async for page in pages for item in page.items]
    try:
        return [await context.source.get(target.resource, namespace, target.name)]
    except NotFound as error:
        if not cached or not _is_about_object(error, target):
            raise
        return []


def _is_about_object(error: NotFound, target: RefreshTarget) -> bool:
    """Whether the object is not found, and not its whole kind: an API server that has just started serves some kinds later."""
    details = error.status.get("details")
    return isinstance(details, dict) and details.get("name") == target.name


async def _wait_for_running_list(context: ScanContext, target: RefreshTarget) -> None:
    deadline = context.clock.monotonic() + _LIST_WAIT
    while context.clock.monotonic() < deadline:
        state = await _scan_state(context, target)
        if state is None or state.status is not ScanStatus.RUNNING:
            return
        await asyncio.sleep(_WATCH_LEAD)


async def _scan_state(context: ScanContext, target: RefreshTarget) -> ScanState | None:
    states = await context.store.metadata.scan_states(context.cluster)
    return next((state for state in states if state.resource == target.resource.name), None)
