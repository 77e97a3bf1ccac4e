"""One line of a client as a JSON-RPC message, or as the answer to a line that is none.

https://www.jsonrpc.org/specification#error_object
"""

import json
from typing import Any

import mcp_types as types
import msgspec
from mcp.shared.message import SessionMessage
from pydantic import ValidationError

from k8sconsole.kit.text import strip_control

PARSE_ERROR, INVALID_REQUEST = -32700, -32600
MAX_MESSAGE = 32 << 20
"""Bytes of one message."""
_BOM = b"\xef\xbb\xbf"
_EXCERPT = 200
_REMEDY = "one JSON-RPC 2.0 object a line, in UTF-8"


class RefusedMessage(msgspec.Struct, frozen=True):
    """answer: the JSON-RPC error to send, without a line end; empty for a response, which is never answered. excerpt: of the line."""

    why: str
    excerpt: str
    answer: bytes


def read_message(line: bytes) -> SessionMessage | RefusedMessage | None:
    """None for an empty line. A byte order mark is ignored: some shells write one."""
    line = line.removeprefix(_BOM).strip()
    if not line:
        return None
    if len(line) > MAX_MESSAGE:
        return _refuse(line, PARSE_ERROR, f"the message is larger than {MAX_MESSAGE >> 20} MiB")
    try:
        message = types.jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValidationError:
        return _explain(line)
    if isinstance(message, types.JSONRPCNotification) and "id" in json.loads(line):
        return _explain(line)  # a request whose id is unusable, which would wait for an answer
    return SessionMessage(message)


def _explain(line: bytes) -> RefusedMessage:
    try:
        found = json.loads(line.decode())
    except UnicodeDecodeError as cause:
        return _refuse(line, PARSE_ERROR, f"the message is not UTF-8: {cause.reason} at byte {cause.start}")
    except json.JSONDecodeError as cause:
        return _refuse(line, PARSE_ERROR, f"the message is not JSON: {cause.msg} at column {cause.colno}")
    except RecursionError:
        return _refuse(line, PARSE_ERROR, "the message is nested too deeply")
    return _refuse(line, INVALID_REQUEST, _invalid_reason(found), found)


def _invalid_reason(found: Any) -> str:
    if isinstance(found, list):
        return "a batch of messages is not supported"
    if not isinstance(found, dict):
        return "the message is not an object"
    if found.get("jsonrpc") != "2.0":
        return 'the message\'s jsonrpc is not "2.0"'
    if "id" in found and not _is_id(found["id"]):
        return "the message's id is neither text nor an integer"
    if not isinstance(found.get("method"), str):
        return "the message has no method"
    if not isinstance(found.get("params", {}), dict):
        return "the message's params are not an object"
    return "the message is not a JSON-RPC message"


def _refuse(line: bytes, code: int, why: str, found: Any = None) -> RefusedMessage:
    """The answer carries the message's own id where it has a usable one."""
    given = found if isinstance(found, dict) else {}
    identity = given["id"] if _is_id(given.get("id")) else None
    error = {"code": code, "message": f"{why} (try: {_REMEDY})"}
    excerpt = strip_control(line[:_EXCERPT].decode(errors="replace"))
    is_response = "method" not in given and ("result" in given or "error" in given)
    answer = {"jsonrpc": "2.0", "id": identity, "error": error}
    return RefusedMessage(why, excerpt, b"" if is_response else json.dumps(answer).encode())


def _is_id(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))
