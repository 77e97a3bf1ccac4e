"""Calls the demo's API without HTTP: requests go to the handlers, and responses are returned as documents."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

from k8sconsole.demo.api import definitions
from k8sconsole.demo.api.access import AccessControl
from k8sconsole.demo.api.backend import Backend, Response, StreamedResponse
from k8sconsole.demo.api.dispatch import HttpRequest, respond
from k8sconsole.demo.resources import RESOURCES
from k8sconsole.demo.status import ApiStatus
from k8sconsole.demo.storage import ObjectStore
from k8sconsole.demo.users import MASTERS, User

Json = dict[str, Any]
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
MERGE, STRATEGIC = "application/merge-patch+json", "application/strategic-merge-patch+json"
JSON_PATCH, APPLY = "application/json-patch+json", "application/apply-patch+yaml"
POD = {"metadata": {"name": "a"}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}


class Api:
    """An empty cluster with the namespace `shop`, and a client of its API."""

    def __init__(self, *users: User) -> None:
        self.store = ObjectStore()
        definitions.serve_definitions(self.store)
        self.backend = Backend(self.store, AccessControl(self.store, (User("admin", "all", (MASTERS,)), *users)))
        self.store.create(RESOURCES["/namespaces"], {"metadata": {"name": "shop"}, "spec": {"finalizers": ["kubernetes"]}})

    async def ask(self, method: str, url: str, body: Any = None, *, token: str = "all", accept: str = "", content: str = "") -> Any:
        """The parsed response, or the stream itself. Raises ApiStatus when the server refuses."""
        path, _, query = url.partition("?")
        headers = {"Authorization": f"Bearer {token}", "Accept": accept, "Content-Type": content, "User-Agent": "tester/1"}
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        reply = await respond(self.backend, HttpRequest(method, path, dict(parse_qsl(query)), headers, data))
        if isinstance(reply, StreamedResponse):
            return reply
        assert isinstance(reply, Response)
        return json.loads(reply.body) if "json" in reply.content_type else reply.body.decode()

    async def refusal(self, method: str, url: str, body: Any = None, **options: str) -> ApiStatus:
        try:
            await self.ask(method, url, body, **options)
        except ApiStatus as refused:
            return refused
        raise AssertionError(f"{method} {url} was not refused")

    async def pods(self, *names: str, **labels: str) -> None:
        for name in names:
            await self.ask("POST", "/api/v1/namespaces/shop/pods", {**POD, "metadata": {"name": name, "labels": labels}})


def deployment(name: str = "web", replicas: int = 1, image: str = "web:1") -> Json:
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "web", "image": image}]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}
