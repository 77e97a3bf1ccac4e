"""Discovery, aggregated and legacy, plus the version and health endpoints."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Any

from k8sconsole.demo import status
from k8sconsole.demo.api.backend import Response, json_response

if TYPE_CHECKING:
    from k8sconsole.demo.resources import ResourceRegistry, ServedResource

Json = dict[str, Any]
GIT_VERSION = "v1.36.3+demo"
_AGGREGATED = "APIGroupDiscoveryList"
_HEALTH = ("/healthz", "/livez", "/readyz")
_SUB_VERBS = {
    "log": ["get"],
    "eviction": ["create"],
    "binding": ["create"],
    "token": ["create"],
    "finalize": ["update"],
}
_SUB_KINDS = {
    "scale": ("autoscaling", "v1", "Scale"),
    "eviction": ("policy", "v1", "Eviction"),
    "binding": ("", "v1", "Binding"),
    "token": ("authentication.k8s.io", "v1", "TokenRequest"),
}


def discovery_response(path: str, accept: str, registry: ResourceRegistry) -> Response | None:
    """The response for a discovery, version or health path; None for other paths."""
    parts = [part for part in path.split("/") if part]
    if path in _HEALTH or (parts and f"/{parts[0]}" in _HEALTH):
        return Response(b"ok", content_type="text/plain")
    if parts == ["version"]:
        return json_response(version_info())
    if parts in (["api"], ["apis"]) and f"as={_AGGREGATED}" in accept:
        return _aggregated_discovery(parts[0], accept, registry)
    document = _legacy_document(parts, registry)
    return json_response(document) if document else None


def version_info() -> Json:
    number = GIT_VERSION.removeprefix("v").split("+")[0]
    major, minor, _ = number.split(".")
    fixed = {"gitCommit": "", "gitTreeState": "clean", "buildDate": "2026-01-01T00:00:00Z", "goVersion": "", "compiler": "k8sconsole"}
    return {"major": major, "minor": minor, "gitVersion": GIT_VERSION, **fixed, "platform": f"{platform.system().lower()}/simulated"}


# -- aggregated discovery


def _aggregated_discovery(root: str, accept: str, registry: ResourceRegistry) -> Response:
    api = "v2" if "v=v2;" in accept.replace(" ", "") + ";" else "v2beta1"
    groups = [""] if root == "api" else registry.groups()
    document = {
        "kind": _AGGREGATED,
        "apiVersion": f"apidiscovery.k8s.io/{api}",
        "metadata": {},
        "items": [_group_item(group, registry) for group in groups],
    }
    return Response(json_response(document).body, content_type=f"application/json;g=apidiscovery.k8s.io;v={api};as={_AGGREGATED}")


def _group_item(group: str, registry: ResourceRegistry) -> Json:
    versions = [
        {
            "version": version,
            "resources": [_resource_item(each) for each in _answering_resources(registry, group, version)],
            "freshness": "Stale" if group in registry.silent_groups else "Current",
        }
        for version in registry.versions(group)
    ]
    return {"metadata": {"name": group, "creationTimestamp": None} if group else {"creationTimestamp": None}, "versions": versions}


def _resources_in(registry: ResourceRegistry, group: str, version: str) -> list[ServedResource]:
    return sorted((each for each in registry if (each.group, each.version) == (group, version)), key=lambda each: each.plural)


def _answering_resources(registry: ResourceRegistry, group: str, version: str) -> list[ServedResource]:
    """None for a silent group, as an API server answers that has started since the group fell silent."""
    return [] if group in registry.silent_groups else _resources_in(registry, group, version)


def _response_kind(group: str, version: str, kind: str) -> Json:
    return {"group": group, "version": version, "kind": kind}


def _resource_item(resource: ServedResource) -> Json:
    found: Json = {
        "resource": resource.plural,
        "responseKind": _response_kind(resource.group, resource.version, resource.kind),
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": list(resource.verbs),
    }
    for name, values in (("shortNames", resource.short_names), ("categories", resource.categories)):
        if values:
            found[name] = list(values)
    if resource.subresources:
        found["subresources"] = [_subresource_item(resource, each) for each in sorted(resource.subresources)]
    return found


def _subresource_item(resource: ServedResource, name: str) -> Json:
    kind = _SUB_KINDS.get(name, (resource.group, resource.version, resource.kind))
    return {"subresource": name, "responseKind": _response_kind(*kind), "verbs": _SUB_VERBS.get(name, ["get", "patch", "update"])}


# -- legacy discovery


def _legacy_document(parts: list[str], registry: ResourceRegistry) -> Json | None:
    if parts == ["api"]:
        return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
    if parts == ["apis"]:
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group_entry(group, registry) for group in registry.groups()]}
    if parts == ["api", "v1"]:
        return _resource_list("", "v1", registry)
    if len(parts) == 2 and parts[0] == "apis" and parts[1] in registry.groups():
        return {"kind": "APIGroup", "apiVersion": "v1", **_group_entry(parts[1], registry)}
    if len(parts) == 3 and parts[0] == "apis" and parts[1] in registry.silent_groups:
        raise status.group_unavailable()
    if len(parts) == 3 and parts[0] == "apis" and parts[2] in registry.versions(parts[1]):
        return _resource_list(parts[1], parts[2], registry)
    return {"paths": ["/api", "/api/v1", "/apis", *_HEALTH, "/openapi/v2", "/openapi/v3", "/version"]} if not parts else None


def _group_entry(group: str, registry: ResourceRegistry) -> Json:
    versions = [{"groupVersion": f"{group}/{version}", "version": version} for version in registry.versions(group)]
    return {"name": group, "versions": versions, "preferredVersion": versions[0]}


def _resource_list(group: str, version: str, registry: ResourceRegistry) -> Json:
    name = f"{group}/{version}" if group else version
    listed = [entry for each in _resources_in(registry, group, version) for entry in _resource_entries(each)]
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": name, "resources": listed}


def _resource_entries(resource: ServedResource) -> list[Json]:
    common: Json = {"namespaced": resource.namespaced, "kind": resource.kind}
    main: Json = {"name": resource.plural, "singularName": resource.singular, **common, "verbs": list(resource.verbs)}
    for name, values in (("shortNames", resource.short_names), ("categories", resource.categories)):
        if values:
            main[name] = list(values)
    return [main, *(_subresource_entry(resource, each, common) for each in sorted(resource.subresources))]


def _subresource_entry(resource: ServedResource, name: str, common: Json) -> Json:
    entry: Json = {
        "name": f"{resource.plural}/{name}",
        "singularName": "",
        **common,
        "verbs": _SUB_VERBS.get(name, ["get", "patch", "update"]),
    }
    if name in _SUB_KINDS:
        group, version, kind = _SUB_KINDS[name]
        entry |= {"kind": kind, "group": group, "version": version}
    return entry
