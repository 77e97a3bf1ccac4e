"""Watches and logs: the long answers. Lists are next door, in ``paging``.

https://kubernetes.io/docs/reference/using-api/api-concepts/
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing

import msgspec

from k8sconsole.cluster.errors import Asked, from_status
from k8sconsole.cluster.live.decoding import unreadable
from k8sconsole.cluster.live.lines import batches
from k8sconsole.cluster.live.transport import REQUEST_TIMEOUT, Request, Transport
from k8sconsole.cluster.port import EventType, LogOptions, WatchEvent
from k8sconsole.errors import Unreachable

# No object in etcd is larger than a few MB; what is longer than this is no event.
_LONGEST_EVENT = 64 << 20
# A program that prints without line ends is cut into lines of this size.
_LONGEST_LOG_LINE = 1 << 20


class _Event(msgspec.Struct, frozen=True):
    type: str
    object: msgspec.Raw


_EVENT = msgspec.json.Decoder(_Event)
_TYPES = {member.value: member for member in EventType}


async def events(
    transport: Transport, asked: Asked, path: str, params: Mapping[str, str], silence: float, opened: Callable[[], None]
) -> AsyncIterator[WatchEvent]:
    """Until the server ends the watch. An ERROR event is raised as the Status it carries."""
    request = Request(asked, path, {**params, "watch": "true", "allowWatchBookmarks": "true"}, silence=silence, endless=True)
    async with transport.stream(request) as response, aclosing(batches(response.content.iter_any(), _LONGEST_EVENT)) as cut:
        opened()
        async for lines in cut:
            for line in lines:
                if line:
                    yield _event(asked, line)


def _event(asked: Asked, line: bytes) -> WatchEvent:
    try:
        event = _EVENT.decode(line)
        known = _TYPES.get(event.type)
        if known is not None:
            return WatchEvent(known, event.object)
        status = msgspec.json.decode(event.object, type=dict)
    except msgspec.ValidationError as error:
        raise unreadable(asked, error) from error
    except msgspec.DecodeError as error:
        raise Unreachable(f"Cannot {asked}", "the watch was cut in the middle of an event", "watch again", asked.facts()) from error
    raise from_status(asked, status)


async def log_lines(transport: Transport, asked: Asked, path: str, options: LogOptions) -> AsyncIterator[bytes]:
    """Whole lines. A followed log may be silent for hours, so nothing but the connection itself ends it."""
    silence = None if options.follow else REQUEST_TIMEOUT
    request = Request(asked, path, _log_params(options), accept="*/*", silence=silence, endless=True)
    async with transport.stream(request) as response, aclosing(batches(response.content.iter_any(), _LONGEST_LOG_LINE)) as cut:
        async for lines in cut:
            for line in lines:
                yield line.removesuffix(b"\r")


def _log_params(options: LogOptions) -> dict[str, str]:
    flags = {"follow": options.follow, "previous": options.previous, "timestamps": options.timestamps}
    values = {"sinceSeconds": options.since, "tailLines": options.tail, "limitBytes": options.limit_bytes}
    params = {name: "true" for name, wanted in flags.items() if wanted}
    params |= {name: str(value) for name, value in values.items() if value is not None}
    return {"container": options.container, **params} if options.container else params
