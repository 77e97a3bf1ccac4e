"""Long responses, read line by line: watches and logs. Lists are in ``pagination``.

https://kubernetes.io/docs/reference/using-api/api-concepts/
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing

import msgspec

from k8sconsole.cluster.errors import RequestInfo, error_from_status
from k8sconsole.cluster.live.transport import REQUEST_TIMEOUT, ApiRequest, Transport, unreadable_response_error
from k8sconsole.cluster.port import EventType, LogOptions, WatchEvent
from k8sconsole.errors import Unreachable

# No object in etcd is larger than a few MB; a longer line is no event.
_LONGEST_EVENT = 64 << 20
# The output of a program that prints no line ends is split into lines of this size.
_LONGEST_LOG_LINE = 1 << 20


class _Event(msgspec.Struct, frozen=True):
    type: str
    object: msgspec.Raw


_EVENT = msgspec.json.Decoder(_Event)
_TYPES = {member.value: member for member in EventType}


async def watch_events(
    transport: Transport, info: RequestInfo, path: str, params: Mapping[str, str], idle_timeout: float, opened: Callable[[], None]
) -> AsyncIterator[WatchEvent]:
    """Yields events until the server ends the watch. Raises an ERROR event as the error of its Status."""
    params = {**params, "watch": "true", "allowWatchBookmarks": "true"}
    request = ApiRequest(info, path, params, idle_timeout=idle_timeout, long_running=True)
    async with transport.stream(request) as response, aclosing(split_lines(response.content.iter_any(), _LONGEST_EVENT)) as batches:
        opened()
        async for lines in batches:
            for line in lines:
                if line:
                    yield _decode_event(info, line)


def _decode_event(info: RequestInfo, line: bytes) -> WatchEvent:
    try:
        event = _EVENT.decode(line)
        event_type = _TYPES.get(event.type)
        if event_type is not None:
            return WatchEvent(event_type, event.object)
        status = msgspec.json.decode(event.object, type=dict)
    except msgspec.ValidationError as error:
        raise unreadable_response_error(info, error) from error
    except msgspec.DecodeError as error:
        raise Unreachable(info.title, "the watch was cut in the middle of an event", "watch again", info.details()) from error
    raise error_from_status(info, status)


async def stream_log(transport: Transport, info: RequestInfo, path: str, options: LogOptions) -> AsyncIterator[bytes]:
    """Yields whole lines. A followed log may be silent for hours, so it has no idle timeout."""
    idle_timeout = None if options.follow else REQUEST_TIMEOUT
    request = ApiRequest(info, path, _log_params(options), accept="*/*", idle_timeout=idle_timeout, long_running=True)
    async with transport.stream(request) as response, aclosing(split_lines(response.content.iter_any(), _LONGEST_LOG_LINE)) as batches:
        async for lines in batches:
            for line in lines:
                yield line.removesuffix(b"\r")


def _log_params(options: LogOptions) -> dict[str, str]:
    flags = {"follow": options.follow, "previous": options.previous, "timestamps": options.timestamps}
    values = {"sinceSeconds": options.since, "tailLines": options.tail, "limitBytes": options.limit_bytes}
    params = {name: "true" for name, is_set in flags.items() if is_set}
    params |= {name: str(value) for name, value in values.items() if value is not None}
    return {"container": options.container, **params} if options.container else params


async def split_lines(chunks: AsyncIterator[bytes], longest: int) -> AsyncGenerator[list[bytes]]:
    """Yields the lines that each chunk completes, without line ends; the remainder at the end is a last line.

    A line longer than ``longest`` bytes is yielded in pieces of about that size, so that memory stays bounded.
    """
    partial: list[bytes] = []
    size = 0
    async for chunk in chunks:
        *complete, rest = chunk.split(b"\n")
        if complete:
            complete[0] = b"".join((*partial, complete[0]))
            partial, size = [], 0
        partial.append(rest)
        size += len(rest)
        if size >= longest:
            complete.append(b"".join(partial))
            partial, size = [], 0
        if complete:
            yield complete
    if last := b"".join(partial):
        yield [last]
