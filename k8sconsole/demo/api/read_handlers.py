"""The read handlers: get, list and watch. Metrics are computed per request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from k8sconsole.demo import status
from k8sconsole.demo.api import lists, watches
from k8sconsole.demo.api.backend import Response, StreamedResponse
from k8sconsole.demo.storage import encode

if TYPE_CHECKING:
    from k8sconsole.demo.api.backend import Backend
    from k8sconsole.demo.api.calls import Call

Json = dict[str, Any]


async def get_object(backend: Backend, call: Call) -> Response:
    if call.resource.group == "metrics.k8s.io":
        return _get_metrics(backend, call)
    raw = backend.store.get_raw(call.resource, call.namespace, call.name)
    return Response(lists.encode_object(backend.store, call, raw))


async def list_objects(backend: Backend, call: Call) -> Response:
    if call.resource.group == "metrics.k8s.io":
        return _list_metrics(backend, call)
    return Response(lists.encode_list(backend.store, call))


async def watch_objects(backend: Backend, call: Call) -> StreamedResponse:
    return StreamedResponse(watches.stream_events(watches.open_watch(backend.store, call)))


def _compute_metrics(backend: Backend, call: Call) -> list[Json]:
    from k8sconsole.demo.world import usage

    now = backend.store.clock.now()
    if call.resource.namespaced:
        return usage.list_pod_metrics(backend.store, call.namespace or None, now)
    return usage.list_node_metrics(backend.store, now)


def _get_metrics(backend: Backend, call: Call) -> Response:
    found = next((each for each in _compute_metrics(backend, call) if each["metadata"]["name"] == call.name), None)
    if found is None:
        raise status.not_found(call.resource, call.name)
    if call.form == "Table":
        return Response(lists.encode_table(backend.store, call, [encode(call.resource, found)], {}))
    return Response(encode(call.resource, found))


def _list_metrics(backend: Backend, call: Call) -> Response:
    chosen = lists.parse_filter(call)
    selected = [each for each in _compute_metrics(backend, call) if chosen.matches(each)]
    if call.form == "Table":
        return Response(lists.encode_table(backend.store, call, [encode(call.resource, each) for each in selected], {}))
    head = {"kind": f"{call.resource.kind}List", "apiVersion": call.resource.api_version, "metadata": {}}
    return Response(msgspec.json.encode({**head, "items": selected}))
