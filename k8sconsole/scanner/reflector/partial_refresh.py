"""A part of a kind read by itself: one object, or what one namespace holds. Whatever watches the kind, in this process or another, goes on
beside it, and has the last word: what it wrote while the part was being read stays.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from k8sconsole.errors import ConsoleError, DeadlineExceeded, Forbidden, NotFound
from k8sconsole.model.objects import Departure, Row
from k8sconsole.model.refs import ApiResource, Namespace
from k8sconsole.scanner.context import Desk
from k8sconsole.scanner.parser import ResourceParser
from k8sconsole.scanner.reports import KindReport
from k8sconsole.store.port import RowQuery, ScanState, ScanStatus, WriteBatch

_GIVE_WAY = 0.2
"""Seconds left to the kind's watch to tell what was read before it did: then nothing is left to write, and every version is kept."""

_LIST_WITHIN = 5.0
"""Seconds to wait for a list of the kind that is under way: it removes what it did not meet."""


class Part(msgspec.Struct, frozen=True):
    """One object if it has a name; else what the namespace holds of the kind."""

    resource: ApiResource
    namespace: str = ""
    name: str = ""


async def read_part(desk: Desk, part: Part) -> KindReport:
    """objects: how many there are in this part. Raises DeadlineExceeded after the plan's time-out, StoreError, and of a single object what
    the source raises: NotFound when not even the cache has it."""
    try:
        async with asyncio.timeout(desk.plan.timeout):
            return await _read(desk, part)
    except TimeoutError as error:
        raise DeadlineExceeded(
            f"Reading {part.resource.name} took longer than {desk.plan.timeout:g} s", "", "raise SCANNER_TIMEOUT"
        ) from error
    except Forbidden as error:
        if part.name:
            raise
        return _report(desk, part, missing=(f"{part.resource.name} in {part.namespace}: {error.detail or error.title}",))
    except ConsoleError as error:
        if part.name:
            raise
        return _report(desk, part, error=str(error))


async def _read(desk: Desk, part: Part) -> KindReport:
    began = desk.clock.monotonic()
    await _until_listed(desk, part)
    parser = ResourceParser(part.resource, await desk.store.table(desk.cluster, part.resource.name))
    since = await desk.store.revision()
    kept = await _kept(desk, part)
    items = await _items(desk, part, kept)
    at = desk.clock.now()
    objects, _ = await asyncio.get_running_loop().run_in_executor(desk.parsers, parser.objects, items, {})
    there = {(each.namespace, each.name): each.resource_version for each in objects}
    gone = [Departure(row.namespace, row.name) for row in kept if (row.namespace, row.name) not in there]
    state = await _state(desk, part)
    if state and state.watching and there != {(row.namespace, row.name): row.resource_version for row in kept}:
        await asyncio.sleep(_GIVE_WAY)
    batch = WriteBatch(desk.cluster, part.resource.name, at, objects, gone, columns=parser.columns, since=since)
    result = await desk.store.write(batch)
    seconds = desk.clock.monotonic() - began
    moved = {"added": result.added, "changed": result.changed, "deleted": result.deleted}
    return _report(desk, part, objects=len(objects), seconds=seconds, **moved)


def _report(desk: Desk, part: Part, **facts: Any) -> KindReport:
    return KindReport(desk.cluster, part.resource.name, **facts)


async def _kept(desk: Desk, part: Part) -> Sequence[Row]:
    namespaces = (Namespace(part.namespace),) if part.namespace else ()
    return (await desk.store.rows(RowQuery(part.resource.name, (desk.cluster,), namespaces, part.name))).rows


async def _items(desk: Desk, part: Part, kept: Sequence[Row]) -> list[msgspec.Raw | bytes]:
    namespace = part.namespace or None
    if not part.name:
        pages = desk.source.pages(part.resource, namespace=namespace, limit=desk.plan.page)
        return [item async for page in pages for item in page.items]
    try:
        return [await desk.source.get(part.resource, namespace, part.name)]
    except NotFound as error:
        if not kept or not _is_of(part, error):
            raise
        return []


def _is_of(part: Part, error: NotFound) -> bool:
    """Whether it is the object that is not there, and not its whole kind: an API server that has just started serves some kinds later."""
    details = error.status.get("details")
    return isinstance(details, dict) and details.get("name") == part.name


async def _until_listed(desk: Desk, part: Part) -> None:
    ends = desk.clock.monotonic() + _LIST_WITHIN
    while desk.clock.monotonic() < ends:
        state = await _state(desk, part)
        if state is None or state.status is not ScanStatus.RUNNING:
            return
        await asyncio.sleep(_GIVE_WAY)


async def _state(desk: Desk, part: Part) -> ScanState | None:
    states = await desk.store.scan_states(desk.cluster)
    return next((state for state in states if state.resource == part.resource.name), None)
