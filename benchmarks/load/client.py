"""A small asynchronous client of the Kubernetes API. It shares no code with the console, which it is there to measure."""

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
    """The API server refused a request, or did not answer in any attempt. The message is the server's."""


@dataclass(frozen=True)
class Target:
    """An API server and the credentials for it."""

    server: str
    tls: ssl.SSLContext
    headers: Mapping[str, str]

    @classmethod
    def of(cls, kubeconfig: Path) -> Self:
        """Reads the current context of a kubeconfig with a client certificate or a token. Raises KeyError for other credentials."""
        content = yaml.safe_load(kubeconfig.read_text())
        context = _find_entry(content["contexts"], content["current-context"])["context"]
        cluster = _find_entry(content["clusters"], context["cluster"])["cluster"]
        user = _find_entry(content["users"], context["user"])["user"]
        headers = {"Authorization": f"Bearer {user['token']}"} if "token" in user else {}
        return cls(cluster["server"], _make_tls(kubeconfig.parent, cluster, user), headers)


def _find_entry(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(entry for entry in entries if entry["name"] == name)


def _make_tls(base: Path, cluster: dict[str, Any], user: dict[str, Any]) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=_read_pem(base, cluster, "certificate-authority").decode())
    if "token" not in user:
        # The ssl module reads client certificates from files only.
        with tempfile.NamedTemporaryFile() as pair:
            pair.write(_read_pem(base, user, "client-certificate") + b"\n" + _read_pem(base, user, "client-key"))
            pair.flush()
            context.load_cert_chain(pair.name)
    return context


def _read_pem(base: Path, entry: dict[str, Any], key: str) -> bytes:
    inline = entry.get(f"{key}-data")
    return base64.b64decode(inline) if inline else (base / entry[key]).read_bytes()


class Client:
    """Creates and reads objects, and retries when the server is busy. An async context manager."""

    def __init__(self, target: Target, connections: int) -> None:
        connector = aiohttp.TCPConnector(limit=connections, ssl=target.tls)
        timeout = aiohttp.ClientTimeout(total=120)
        self._session = aiohttp.ClientSession(target.server, connector=connector, headers=target.headers, timeout=timeout)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._session.close()

    async def create(self, path: str, body: dict[str, Any]) -> bool:
        """Creates an object. Returns False if it exists already. Raises ApiRefused."""
        status, answer = await self._send("POST", path, body)
        if status == 409 and answer.get("reason") == "AlreadyExists":
            return False
        _raise_for_status(status, answer)
        return True

    async def get(self, path: str, **query: str) -> dict[str, Any]:
        """Returns the object or list at ``path``. Raises ApiRefused."""
        status, answer = await self._send("GET", path, query=query)
        _raise_for_status(status, answer)
        return answer

    async def merge(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Sends a merge patch and returns the new object. Raises ApiRefused."""
        status, answer = await self._send("PATCH", path, body, form="application/merge-patch+json")
        _raise_for_status(status, answer)
        return answer

    async def exists(self, path: str) -> bool:
        """Whether GET ``path`` succeeds."""
        return (await self._send("GET", path))[0] == 200

    async def names(self, path: str, **query: str) -> list[str]:
        """Returns the names in a list. Table rows take 0.3 KB an object instead of 6 KB."""
        table = {"includeObject": "None", "resourceVersion": "0"}
        status, answer = await self._send("GET", path, query=query | table, accept=_TABLE)
        _raise_for_status(status, answer)
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


def _raise_for_status(status: int, answer: dict[str, Any]) -> None:
    if status >= 400:
        raise ApiRefused(f"{status} {answer.get('reason', '')}: {answer.get('message', '')}")
