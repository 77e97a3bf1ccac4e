"""A writer that changes a cluster and records every change, even if the API server is killed meanwhile."""

import http.client
import json
import random
import ssl
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from tests.control_plane.plane import ControlPlane

CRON_TABS = "crontabs.stable.example.com"
CONFIG_MAPS = "configmaps"
DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": CRON_TABS},
    "spec": {
        "group": "stable.example.com",
        "scope": "Namespaced",
        "names": {"plural": "crontabs", "singular": "crontab", "kind": "CronTab"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            }
        ],
    },
}
_PATHS = {
    CONFIG_MAPS: ("/api/v1/namespaces/{}/configmaps", "v1", "ConfigMap"),
    CRON_TABS: ("/apis/stable.example.com/v1/namespaces/{}/crontabs", "stable.example.com/v1", "CronTab"),
}
_LIVE = 40
"""The most objects that a writer has at a time."""
_PATIENCE = 120.0


@dataclass(frozen=True)
class Entry:
    """One change that the server has made, at some time between ``sent`` and ``answered`` (seconds since the epoch).

    version is empty for a deletion, whose reply does not contain it.
    """

    resource: str
    name: str
    uid: str
    change: str
    version: str
    sent: float
    answered: float


@dataclass
class Writer:
    """Makes ``changes`` changes to its own objects in one namespace. ``book`` has every change made, in order."""

    plane: ControlPlane
    namespace: str
    number: int
    changes: int
    book: list[Entry] = field(default_factory=list)
    problem: BaseException | None = None
    may_write: threading.Event = field(default_factory=threading.Event)
    paused: threading.Event = field(default_factory=threading.Event)
    done: bool = False

    def pause(self) -> None:
        """Waits until no change of this writer is in progress. The writer makes none before ``resume``."""
        self.may_write.clear()
        end = time.monotonic() + _PATIENCE
        while not (self.paused.wait(0.05) or self.done):
            if time.monotonic() > end:
                raise TimeoutError(f"writer {self.number} did not pause")

    def resume(self) -> None:
        self.paused.clear()
        self.may_write.set()

    def start(self) -> threading.Thread:
        self.may_write.set()
        thread = threading.Thread(target=self._run, name=f"writer-{self.number}", daemon=True)
        thread.start()
        return thread

    def _run(self) -> None:
        self._dice = random.Random(self.number)
        self._live: dict[tuple[str, str], tuple[str, str]] = {}
        self._connection: http.client.HTTPSConnection | None = None
        try:
            for step in range(self.changes):
                if not self.may_write.is_set():
                    self.paused.set()
                    self.may_write.wait()
                self._change(step)
        except BaseException as problem:
            self.problem = problem
        finally:
            self.done = True

    def _change(self, step: int) -> None:
        roll = self._dice.random()
        if not self._live or (roll < 0.3 and len(self._live) < _LIVE):
            resource = CONFIG_MAPS if self._dice.random() < 0.7 else CRON_TABS
            self._create(resource, f"w{self.number}-{step:06d}")
        elif roll < 0.75:
            self._patch(*self._dice.choice(sorted(self._live)), step)
        else:
            self._delete(*self._dice.choice(sorted(self._live)))

    def _create(self, resource: str, name: str) -> None:
        path, version, kind = _PATHS[resource]
        body = {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "data": {"step": "new"}}
        self._write_and_record("added", resource, name, "POST", path.format(self.namespace), body)

    def _patch(self, resource: str, name: str, step: int) -> None:
        self._write_and_record(
            "modified", resource, name, "PATCH", self._path(resource, name), {"data": {"step": f"{step}", "by": f"{self.number}"}}
        )

    def _delete(self, resource: str, name: str) -> None:
        sent = time.time()
        answer = self._request("DELETE", self._path(resource, name))
        if answer is None and self._read_after_loss(resource, name) is not None:
            return
        uid, _ = self._live.pop((resource, name))
        self.book.append(Entry(resource, name, uid, "deleted", "", sent, time.time()))

    def _write_and_record(self, change: str, resource: str, name: str, method: str, path: str, body: Any) -> None:
        sent = time.time()
        answer = self._request(method, path, body) or self._read_after_loss(resource, name)
        if answer is None:
            return
        meta = answer["metadata"]
        if self._live.get((resource, name)) != (meta["uid"], meta["resourceVersion"]):
            self._live[resource, name] = (meta["uid"], meta["resourceVersion"])
            self.book.append(Entry(resource, name, meta["uid"], change, meta["resourceVersion"], sent, time.time()))

    def _read_after_loss(self, resource: str, name: str) -> dict[str, Any] | None:
        """Returns the object once the server is back, or None if it does not exist. For a request without a reply."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            status, answer = self._send("GET", self._path(resource, name))
            if status == 200:
                return answer
            if status == 404:
                return None
            time.sleep(0.2)
        raise TimeoutError(f"the server was not back within {_PATIENCE:.0f} s")

    def _request(self, method: str, path: str, body: Any = None) -> dict[str, Any] | None:
        """Returns None when the result of the request is unknown."""
        status, answer = self._send(method, path, body)
        return answer if 200 <= status < 300 else None

    def _send(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        """Returns status 0 without a reply. All requests share one connection, which allows hundreds of changes a second."""
        form = "application/merge-patch+json" if method == "PATCH" else "application/json"
        try:
            if self._connection is None:
                self._connection = self._connect()
            self._connection.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": form})
            response = self._connection.getresponse()
            return response.status, json.loads(response.read() or b"{}")
        except (OSError, http.client.HTTPException, ValueError):
            self._connection = None
            return 0, {}

    def _connect(self) -> http.client.HTTPSConnection:
        site = self.plane.site
        tls = ssl.create_default_context(cafile=str(site.authority.pair.certificate))
        tls.load_cert_chain(site.admin.certificate, site.admin.key)
        return http.client.HTTPSConnection("127.0.0.1", site.ports.apiserver, context=tls, timeout=30)

    def _path(self, resource: str, name: str) -> str:
        return f"{_PATHS[resource][0].format(self.namespace)}/{name}"
