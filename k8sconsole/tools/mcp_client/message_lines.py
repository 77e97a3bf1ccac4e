"""Messages out of the lines that a server writes: one a line, as MCP wants it, or one over several lines, as servers that indent JSON do.

The format: https://modelcontextprotocol.io/specification/draft/basic/transports.
"""

import re
from typing import Any

import mcp_types as types
from mcp.shared.message import SessionMessage
from pydantic import TypeAdapter

_BOM = b"\xef\xbb\xbf"
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
_MESSAGES: TypeAdapter[Any] = TypeAdapter(types.JSONRPCMessage | list[types.JSONRPCMessage])


class MessageAssembler:
    """largest: bytes of one message. invalid: consecutive lines that belong to no message."""

    def __init__(self, largest: int) -> None:
        self.invalid = 0
        self._largest = largest
        self._open = bytearray()
        self._depth = 0

    def feed(self, line: bytes) -> list[SessionMessage]:
        """The messages that this line ends: none for a line in the middle of a message, several for a batch."""
        text = line.removeprefix(_BOM).strip()
        if not text:
            return []
        found = _parse(text)
        if not found and (self._open or text[:1] in (b"{", b"[")):
            found = self._continue(text)
        if found:
            self._drop()
        if found or not self._open:
            self.invalid = 0 if found else self.invalid + 1
        return found

    def _continue(self, text: bytes) -> list[SessionMessage]:
        """Brackets outside of text say where the message ends, so that each byte is looked at once."""
        outside = _STRING.sub(b"", text)
        self._open += text + b"\n"
        self._depth += sum(map(outside.count, (b"{", b"["))) - sum(map(outside.count, (b"}", b"]")))
        if self._depth > 0 and len(self._open) <= self._largest:
            return []
        found = _parse(bytes(self._open))
        self._drop()
        return found

    def _drop(self) -> None:
        self._open, self._depth = bytearray(), 0


def _parse(text: bytes) -> list[SessionMessage]:
    try:
        found = _MESSAGES.validate_json(text, by_name=False)
    except ValueError:
        return []
    return [SessionMessage(one) for one in (found if isinstance(found, list) else [found])]
