"""What a request handler receives and returns."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from k8sconsole.demo.api.access import AccessControl
    from k8sconsole.demo.api.calls import Call
    from k8sconsole.demo.storage import ObjectStore

Json = dict[str, Any]
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Backend:
    """The cluster as request handlers see it. `random` is seeded, so that generated names repeat."""

    store: ObjectStore
    gate: AccessControl
    random: Random = field(default_factory=lambda: Random(1))


@dataclass(frozen=True, slots=True)
class Response:
    """A complete response."""

    body: bytes
    code: int = 200
    content_type: str = JSON


@dataclass(frozen=True, slots=True)
class StreamedResponse:
    """A streamed response: each chunk is sent when it is produced."""

    chunks: AsyncIterator[bytes]
    content_type: str = JSON


ApiResponse = Response | StreamedResponse
Handler = Callable[["Backend", "Call"], Awaitable[ApiResponse]]


def json_response(document: Json, code: int = 200) -> Response:
    return Response(msgspec.json.encode(document) + b"\n", code)
