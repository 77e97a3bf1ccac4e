"""A minimal API client for the tests themselves. It uses only the standard library, not the client under test."""

import http.client
import json
import ssl
from pathlib import Path
from typing import Any

from tests.control_plane.certificates import KeyPair
from tests.control_plane.errors import ApiError

_PATCHES = {"merge": "application/merge-patch+json", "json": "application/json-patch+json"}


class Api:
    """Blocking calls to one API server as one user. Each call has its own connection, so that none is stale after a restart."""

    def __init__(self, port: int, authority: Path, credentials: KeyPair) -> None:
        self._port = port
        self._tls = ssl.create_default_context(cafile=str(authority))
        self._tls.load_cert_chain(credentials.certificate, credentials.key)

    def get(self, path: str) -> dict[str, Any]:
        """Returns the object or list at ``path``. Raises ApiError, or OSError when the server does not answer."""
        return self._request("GET", path)

    def create(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Creates an object. Returns it as the server stored it."""
        return self._request("POST", path, body)

    def patch(self, path: str, body: Any, form: str = "merge") -> dict[str, Any]:
        """Patches an object and returns it. ``form`` is ``merge`` or ``json``."""
        return self._request("PATCH", path, body, _PATCHES[form])

    def delete(self, path: str) -> dict[str, Any]:
        """Deletes an object. Returns the reply of the server."""
        return self._request("DELETE", path)

    def ready(self) -> bool:
        """Whether the server is ready. A server that does not answer is not ready."""
        try:
            return self._send("GET", "/readyz", None, "application/json")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def exists(self, path: str) -> bool:
        """Whether there is an object at ``path``."""
        try:
            self.get(path)
        except ApiError as error:
            if error.status == 404:
                return False
            raise
        return True

    def _request(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> dict[str, Any]:
        status, content = self._send(method, path, body, content_type)
        if status >= 400:
            raise _refused(status, content)
        answer: dict[str, Any] = json.loads(content)
        return answer

    def _send(self, method: str, path: str, body: Any, content_type: str) -> tuple[int, bytes]:
        connection = http.client.HTTPSConnection("127.0.0.1", self._port, context=self._tls, timeout=30)
        try:
            payload = None if body is None else json.dumps(body)
            connection.request(method, path, payload, {"Content-Type": content_type, "Accept": "application/json"})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


def _refused(status: int, content: bytes) -> ApiError:
    """Makes an error from the Status object of the server, or from plain text, as for an unavailable aggregated API."""
    try:
        shown: dict[str, Any] = json.loads(content)
    except ValueError:
        return ApiError(status, "", content.decode(errors="replace").strip())
    return ApiError(status, shown.get("reason", ""), shown.get("message", ""))
