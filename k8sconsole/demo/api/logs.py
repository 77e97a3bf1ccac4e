"""The log subresource: choice of container and lines, and following."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from k8sconsole.demo import status
from k8sconsole.demo.api.backend import Response, StreamedResponse
from k8sconsole.demo.clock import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from k8sconsole.demo.api.backend import ApiResponse, Backend
    from k8sconsole.demo.api.calls import Call

Json = dict[str, Any]
Line = tuple[datetime, str]
_PLAIN = "text/plain"


async def read_log(backend: Backend, call: Call) -> ApiResponse:
    """Return a container's log, as a stream with `follow`. Raises a 400 status when there is no log to read."""
    from k8sconsole.demo.world import podlogs

    pod = backend.store.get(call.resource, call.namespace, call.name)
    container = _find_container(call, pod)
    previous = call.get_flag("previous")
    if not pod["spec"].get("nodeName"):
        raise status.bad_request(f"pod {call.name} does not have a host assigned")
    now = backend.store.clock.now()
    written = podlogs.read_lines(backend.store, call.namespace, call.name, container, previous=previous, now=now)
    chosen = _select_lines(call, written, now)
    if not call.get_flag("follow") or previous:
        return Response(_limit_bytes(call, b"".join(_encode_line(call, line) for line in chosen)), content_type=_PLAIN)
    new_lines = podlogs.follow_lines(backend.store, call.namespace, call.name, container, since=now)
    return StreamedResponse(_follow_encoded(call, chosen, new_lines), _PLAIN)


def _container_names(pod: Json) -> list[str]:
    fields = ("initContainers", "containers", "ephemeralContainers")
    return [each["name"] for field in fields for each in pod["spec"].get(field) or ()]


def _find_container(call: Call, pod: Json) -> str:
    requested, main = call.query.get("container", ""), [each["name"] for each in pod["spec"]["containers"]]
    known = _container_names(pod)
    if requested and requested not in known:
        raise status.bad_request(f"container {requested} is not valid for pod {call.name}")
    if not requested and len(known) > 1:
        inits = [name for name in known if name not in main]
        also = f" or one of the init containers: [{' '.join(inits)}]" if inits else ""
        raise status.bad_request(f"a container name must be specified for pod {call.name}, choose one of: [{' '.join(main)}]{also}")
    return requested or known[0]


def _select_lines(call: Call, written: Iterable[Line], now: datetime) -> list[Line]:
    since = _start_time(call, now)
    selected = [line for line in written if since is None or line[0] >= since]
    tail = call.get_number("tailLines")
    if tail is None:
        return selected
    return selected[-tail:] if tail else []


def _start_time(call: Call, now: datetime) -> datetime | None:
    seconds, at = call.get_number("sinceSeconds"), call.query.get("sinceTime")
    if seconds is not None:
        return now - timedelta(seconds=seconds)
    return parse_timestamp(at) if at else None


def _encode_line(call: Call, line: Line) -> bytes:
    at, text = line
    if call.get_flag("timestamps"):
        return f"{at.strftime('%Y-%m-%dT%H:%M:%S.%f')}000Z {text}\n".encode()
    return f"{text}\n".encode()


def _limit_bytes(call: Call, text: bytes) -> bytes:
    limit = call.get_number("limitBytes")
    return text if limit is None else text[:limit]


async def _follow_encoded(call: Call, chosen: list[Line], new_lines: AsyncIterator[Line]) -> AsyncIterator[bytes]:
    bytes_left = call.get_number("limitBytes")
    if chosen:
        first = _limit_bytes(call, b"".join(_encode_line(call, line) for line in chosen))
        bytes_left = None if bytes_left is None else bytes_left - len(first)
        yield first
    async for line in new_lines:
        if bytes_left is not None and bytes_left <= 0:
            return
        text = _encode_line(call, line)[:bytes_left]
        bytes_left = None if bytes_left is None else bytes_left - len(text)
        yield text
