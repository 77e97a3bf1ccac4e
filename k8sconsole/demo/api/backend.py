"""What every handler is given, and what it gives back."""

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
    """The cluster as its API handlers see it. `random` makes generated names repeat by seed."""

    store: ObjectStore
    gate: AccessControl
    random: Random = field(default_factory=lambda: Random(1))


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer."""

    body: bytes
    code: int = 200
    content_type: str = JSON


@dataclass(frozen=True, slots=True)
class StreamedResponse:
    """An answer that goes on: its chunks are sent as they come."""

    chunks: AsyncIterator[bytes]
    content_type: str = JSON


ApiResponse = Response | StreamedResponse
Handler = Callable[["Backend", "Call"], Awaitable[ApiResponse]]


def json_response(document: Json, code: int = 200) -> Response:
    return Response(msgspec.json.encode(document) + b"\n", code)
