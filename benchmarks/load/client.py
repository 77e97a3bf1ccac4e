"""A small asynchronous client of the Kubernetes API: its own, so that the console is not measured with itself."""

import asyncio
import base64
import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import yaml

_ATTEMPTS = 6
_BUSY = frozenset({429, 500, 502, 503, 504})
_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


class ApiRefused(Exception):
    """The API server said no, or stayed away for all attempts; the message is its own."""


@dataclass(frozen=True)
class Target:
    """An API server and how to be let in."""

    server: str
    tls: ssl.SSLContext
    headers: Mapping[str, str]

    @classmethod
    def of(cls, kubeconfig: Path) -> Self:
        """The current context of a kubeconfig with a client certificate or a token; raises KeyError for other forms."""
        content = yaml.safe_load(kubeconfig.read_text())
        context = _named(content["contexts"], content["current-context"])["context"]
        cluster = _named(content["clusters"], context["cluster"])["cluster"]
        user = _named(content["users"], context["user"])["user"]
        headers = {"Authorization": f"Bearer {user['token']}"} if "token" in user else {}
        return cls(cluster["server"], _tls(kubeconfig.parent, cluster, user), headers)


def _named(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(entry for entry in entries if entry["name"] == name)


def _tls(base: Path, cluster: dict[str, Any], user: dict[str, Any]) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=_pem(base, cluster, "certificate-authority").decode())
    if "token" not in user:
        # The ssl module reads client certificates from files only.
        with tempfile.NamedTemporaryFile() as pair:
            pair.write(_pem(base, user, "client-certificate") + b"\n" + _pem(base, user, "client-key"))
            pair.flush()
            context.load_cert_chain(pair.name)
    return context


def _pem(base: Path, entry: dict[str, Any], key: str) -> bytes:
    inline = entry.get(f"{key}-data")
    return base64.b64decode(inline) if inline else (base / entry[key]).read_bytes()


class Client:
    """Creates objects and counts them, trying again where the server is busy; use it as an async context manager."""

    def __init__(self, target: Target, connections: int) -> None:
        connector = aiohttp.TCPConnector(limit=connections, ssl=target.tls)
        timeout = aiohttp.ClientTimeout(total=120)
        self._session = aiohttp.ClientSession(target.server, connector=connector, headers=target.headers, timeout=timeout)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._session.close()

    async def create(self, path: str, body: dict[str, Any]) -> bool:
        """Whether the object was made now; False where it was there before. Raises ApiRefused."""
        status, answer = await self._send("POST", path, body)
        if status == 409 and answer.get("reason") == "AlreadyExists":
            return False
        _check(status, answer)
        return True

    async def get(self, path: str, **query: str) -> dict[str, Any]:
        """The object or list at ``path``; raises ApiRefused."""
        status, answer = await self._send("GET", path, query=query)
        _check(status, answer)
        return answer

    async def merge(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The object after a merge patch; raises ApiRefused."""
        status, answer = await self._send("PATCH", path, body, form="application/merge-patch+json")
        _check(status, answer)
        return answer

    async def exists(self, path: str) -> bool:
        """Whether there is something at ``path``."""
        return (await self._send("GET", path))[0] == 200

    async def names(self, path: str, **query: str) -> list[str]:
        """The names of a list's objects, asked for as table rows: 0.3 KB an object where the object has 6."""
        table = {"includeObject": "None", "resourceVersion": "0"}
        status, answer = await self._send("GET", path, query=query | table, accept=_TABLE)
        _check(status, answer)
        return [row["cells"][0] for row in answer["rows"] or ()]

    async def _send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        accept: str = "application/json",
        form: str = "application/json",
    ) -> tuple[int, dict[str, Any]]:
        reason = ""
        headers = {"Accept": accept, "Content-Type": form}
        for attempt in range(_ATTEMPTS):
            try:
                async with self._session.request(method, path, json=body, params=query, headers=headers) as response:
                    answer: dict[str, Any] = await response.json(content_type=None)
                    if response.status not in _BUSY:
                        return response.status, answer
                    reason = f"{response.status} {answer.get('message', '')}"
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                reason = repr(error)
            await asyncio.sleep(0.25 * 2**attempt)
        raise ApiRefused(f"{method} {path}: {reason} ({_ATTEMPTS} attempts)")


def _check(status: int, answer: dict[str, Any]) -> None:
    if status >= 400:
        raise ApiRefused(f"{status} {answer.get('reason', '')}: {answer.get('message', '')}")
