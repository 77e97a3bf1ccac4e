"""etcd behind the API server's back: what is stored, read and written as it lies there, several thousand keys a second.

Objects are kept as protobuf, in which a text may be replaced by another of the same length without a word to any schema.
"""

import asyncio
import base64
import json
from collections.abc import Sequence
from typing import Any, Self

_ONE_TRANSACTION = 100
PODS = "/registry/pods/"


class Etcd:
    """``connections`` requests at the same time to one etcd on this machine; use it as an async context manager. Raises OSError."""

    def __init__(self, port: int, connections: int = 8) -> None:
        self._port = port
        self._count = connections
        self._idle: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        for _ in range(self._count):
            self._idle.put_nowait(await asyncio.open_connection("127.0.0.1", self._port))
        return self

    async def __aexit__(self, *_: object) -> None:
        while not self._idle.empty():
            self._idle.get_nowait()[1].close()

    async def get(self, key: str) -> bytes:
        """The value of a key; raises KeyError."""
        answer = json.loads(await self._call("range", json.dumps({"key": _coded(key.encode())}).encode()))
        if not answer.get("kvs"):
            raise KeyError(key)
        return base64.b64decode(answer["kvs"][0]["value"])

    async def put(self, key: str, value: bytes) -> int:
        """A change of its own, as an API server writes it; its resourceVersion."""
        answer = await self._call("put", b'{"key":"' + _coded(key.encode()).encode() + b'","value":"' + base64.b64encode(value) + b'"}')
        return int(json.loads(answer)["header"]["revision"])

    async def put_all(self, pairs: Sequence[tuple[str, bytes]]) -> None:
        """Many different keys, a hundred in one transaction: for filling a cluster, where nobody follows one change after another."""
        parts = [pairs[start : start + _ONE_TRANSACTION] for start in range(0, len(pairs), _ONE_TRANSACTION)]
        await asyncio.gather(*(self._transact(part) for part in parts))

    async def _transact(self, pairs: Sequence[tuple[str, bytes]]) -> None:
        puts: list[dict[str, Any]] = [{"requestPut": {"key": _coded(key.encode()), "value": _coded(value)}} for key, value in pairs]
        await self._call("txn", json.dumps({"success": puts}).encode())

    async def _call(self, what: str, body: bytes) -> bytes:
        """Plain HTTP/1.1: at two thousand requests a second a client library would be what is measured."""
        reader, writer = connection = await self._idle.get()
        try:
            writer.write(b"POST /v3/kv/%s HTTP/1.1\r\nHost: etcd\r\nContent-Length: %d\r\n\r\n" % (what.encode(), len(body)) + body)
            head = await reader.readuntil(b"\r\n\r\n")
            answer = await _rest(reader, head)
        finally:
            self._idle.put_nowait(connection)
        if not head.startswith(b"HTTP/1.1 200"):
            raise OSError(f"etcd: {answer[:300].decode(errors='replace')}")
        return answer


async def _rest(reader: asyncio.StreamReader, head: bytes) -> bytes:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return await reader.readexactly(int(value))
    parts = []
    while size := int(await reader.readline(), 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readexactly(2)
    return b"".join(parts)


def _coded(value: bytes) -> str:
    return base64.b64encode(value).decode()
