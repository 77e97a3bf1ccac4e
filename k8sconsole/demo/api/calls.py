"""A parsed request: kind, object, verb and the requested form of the response."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from k8sconsole.demo import status
from k8sconsole.demo.api.wire import protobuf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from k8sconsole.demo.resources import ResourceRegistry, ServedResource
    from k8sconsole.demo.users import User

Json = dict[str, Any]
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "GET": "get", "HEAD": "get", "DELETE": "delete"}
_NAMESPACE_SUBRESOURCES = ("status", "finalize")
_FORMS = ("Table", "PartialObjectMetadata", "PartialObjectMetadataList")


@dataclass(frozen=True, slots=True)
class ResourcePath:
    """What a path names. `namespace` is "" for all namespaces or a cluster-scoped kind, `name` is "" for a collection."""

    resource: ServedResource
    namespace: str
    name: str
    subresource: str


@dataclass(frozen=True, slots=True)
class Call:
    """One request for a resource. `form` is "" for the object, else Table, PartialObjectMetadata or PartialObjectMetadataList."""

    target: ResourcePath
    verb: str
    query: Mapping[str, str]
    form: str
    user: User
    body: bytes
    content_type: str
    user_agent: str

    @property
    def resource(self) -> ServedResource:
        return self.target.resource

    @property
    def namespace(self) -> str:
        return self.target.namespace

    @property
    def name(self) -> str:
        return self.target.name

    @property
    def dry_run(self) -> bool:
        return self.query.get("dryRun") == "All"

    def get_flag(self, name: str) -> bool:
        return self.query.get(name, "").lower() in ("true", "1", "t")

    def get_number(self, name: str) -> int | None:
        text = self.query.get(name)
        if text is None or text == "":
            return None
        if not text.lstrip("-").isdigit():
            raise status.bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
        return int(text)

    @property
    def manager(self) -> str:
        """The field manager: the `fieldManager` parameter, else the first part of the user agent."""
        return self.query.get("fieldManager") or self.user_agent.split("/")[0] or "unknown"

    def decode_body(self) -> Json:
        """Decode the body: protobuf by its prefix, else JSON, else YAML. Raises a 400 status when it is not an object."""
        parsed = protobuf.decode_object(self.body) if self.body.startswith(protobuf.MAGIC) else parse_body(self.body)
        if not isinstance(parsed, dict):
            raise status.bad_request("the object provided is unrecognized (must be of type object)")
        return parsed


def parse_body(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        return _parse_yaml(body, error)


def _parse_yaml(body: bytes, json_error: Exception) -> Any:
    import yaml

    try:
        return yaml.safe_load(body)
    except (yaml.YAMLError, UnicodeDecodeError):
        raise status.bad_request(f"error decoding the body: {json_error}") from json_error


def parse_path(path: str, registry: ResourceRegistry) -> ResourcePath | None:
    """Parse a path such as /apis/apps/v1/namespaces/shop/deployments/web/scale. None when no such kind is served."""
    parts = [part for part in path.split("/") if part]
    if len(parts) >= 3 and parts[0] == "api":
        group, version, rest = "", parts[1], parts[2:]
    elif len(parts) >= 4 and parts[0] == "apis":
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return None
    namespace = ""
    if rest[0] == "namespaces" and len(rest) >= 3 and not (len(rest) == 3 and rest[2] in _NAMESPACE_SUBRESOURCES):
        namespace, rest = rest[1], rest[2:]
    resource = registry.find(group, version, rest[0])
    if resource is None or len(rest) > 3 or not _scope_matches(resource, namespace, rest):
        return None
    name, subresource = (*rest[1:], "", "")[:2]
    return ResourcePath(resource, namespace, name, subresource)


def _scope_matches(resource: ServedResource, namespace: str, rest: list[str]) -> bool:
    if not resource.namespaced:
        return not namespace
    has_name = len(rest) > 1
    return bool(namespace) or not has_name


def request_verb(method: str, target: ResourcePath, query: Mapping[str, str]) -> str:
    """The RBAC verb: get, list, watch, create, update, patch, delete or deletecollection."""
    verb = _VERBS.get(method)
    if verb is None:
        raise status.method_not_allowed()
    if verb == "get" and not target.name:
        return "watch" if query.get("watch", "").lower() in ("true", "1") else "list"
    if verb == "delete" and not target.name:
        return "deletecollection"
    return verb


def negotiate_form(accept: str) -> str:
    """The response form of the first acceptable clause of an Accept header. Raises a 406 status when there is none."""
    if not accept:
        return ""
    for clause in accept.split(","):
        media, *rest = (part.strip() for part in clause.split(";"))
        parameters = dict(part.split("=", 1) for part in rest if "=" in part)
        if media not in ("application/json", "application/*", "*/*"):
            continue
        form = parameters.get("as", "")
        if not form:
            return ""
        if form in _FORMS and parameters.get("g") == "meta.k8s.io" and parameters.get("v", "v1") in ("v1", "v1beta1"):
            return form
    raise status.ApiStatus(406, "NotAcceptable", "only the following media types are accepted: application/json")
