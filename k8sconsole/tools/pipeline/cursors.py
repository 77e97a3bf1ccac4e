"""Cursors as callers see them: opaque, and valid only for the call that they continue.

A handler works with places, such as an offset. The validation replaces a place by a cursor in the reply, and a cursor by its place in the
arguments of the next call.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from zlib import crc32

import msgspec

from k8sconsole.errors import InvalidParams, argument_details
from k8sconsole.tools.history.queries import invalid_cursor
from k8sconsole.tools.pipeline.invocation import Invocation
from k8sconsole.tools.results import Reply

START = "start"
"""The place where a list begins; also accepted as a cursor."""
_FREE = frozenset({"cursor", "limit", "max_tokens", "live", "as_of", "since", "until", "fields", "context", "namespace", "kind"})
"""Parameters that may differ from page to page, and those that the call's target holds in one form."""
_SUM = 4
"""Bytes of the checksum before the place."""


def open_cursor(cursor: str) -> tuple[int | None, str]:
    """The checksum and the place in a cursor; no checksum for ``start`` and an empty one. Raises InvalidParams."""
    bare = cursor.strip()
    if bare in ("", START):
        return None, bare
    try:
        packed = urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
        if urlsafe_b64encode(packed).decode().rstrip("=") != bare.rstrip("=") or len(packed) <= _SUM:
            raise ValueError(bare)
        return int.from_bytes(packed[:_SUM]), packed[_SUM:].decode()
    except ValueError as cause:
        raise invalid_cursor(cursor) from cause


def check_cursor(invocation: Invocation, checksum: int | None) -> None:
    """Raises InvalidParams for the cursor of another call. The invocation has its input and target."""
    if checksum is not None and checksum != _checksum(invocation):
        given = str(invocation.call.arguments.get("cursor"))
        details = argument_details("cursor", given, expected="the page.next of the same call")
        why = "a cursor continues the call that returned it: the same tool, kind, namespace, filter and order"
        raise InvalidParams("the cursor belongs to another call", why, "the same call without cursor", details)


def seal_cursor(invocation: Invocation, reply: Reply) -> Reply:
    """The reply with a cursor in place of the handler's place, in the page and in the text."""
    place = reply.page.next
    if not place:
        return reply
    packed = _checksum(invocation).to_bytes(_SUM) + place.encode()
    cursor = urlsafe_b64encode(packed).decode().rstrip("=")
    page = msgspec.structs.replace(reply.page, next=cursor)
    return msgspec.structs.replace(reply, page=page, text=reply.text.replace(f"cursor={place}", f"cursor={cursor}"))


def _checksum(invocation: Invocation) -> int:
    target = invocation.target
    arguments = {key: value for key, value in msgspec.to_builtins(invocation.input).items() if key not in _FREE}
    resource = target.resource.name if target.resource is not None else ""
    return crc32(msgspec.json.encode((invocation.spec.name, target.context, resource, target.namespaces, arguments), order="deterministic"))
