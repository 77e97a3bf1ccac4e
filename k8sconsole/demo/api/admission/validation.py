"""The common validation errors: names, labels, required fields, enumerations. A subset of the real server's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from k8sconsole.demo import status
from k8sconsole.demo.selectors import matches_selector

if TYPE_CHECKING:
    from k8sconsole.demo.resources import ServedResource

Json = dict[str, Any]
_LABEL_RE = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN_RE = rf"{_LABEL_RE}(\.{_LABEL_RE})*"
_DNS_1035_RE = "[a-z]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an "
    f"alphanumeric character (e.g. 'example.com', regex used for validation is '{_SUBDOMAIN_RE}')"
)
_LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an "
    f"alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{_LABEL_RE}')"
)
_DNS_1035 = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an "
    f"alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '{_DNS_1035_RE}')"
)
_VALUE_RE = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?"
_VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    f"alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '{_VALUE_RE}')"
)
_KEY_RE = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_KEY = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
    f"(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '{_KEY_RE}')"
)
_FREE_NAMES = ("rbac.authorization.k8s.io", "certificates.k8s.io")
_WORKLOADS = ("apps/deployments", "apps/replicasets", "apps/statefulsets", "apps/daemonsets")
_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_SERVICE_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")

Causes = Iterator[Json]


def validate_object(resource: ServedResource, obj: Json) -> None:
    """Raise a 422 status that lists all violations."""
    if causes := find_violations(resource, obj):
        raise status.invalid(resource, obj["metadata"].get("name", ""), causes)


def find_violations(resource: ServedResource, obj: Json) -> list[Json]:
    """The causes for a 422 status; empty for a valid object."""
    return [*_validate_metadata(resource, obj["metadata"]), *_CHECKS.get(resource.key, _accept_any)(obj)]


def required_cause(field: str, why: str = "") -> Json:
    return status.cause(field, f"Required value{': ' + why if why else ''}", "FieldValueRequired")


def invalid_cause(field: str, value: Any, why: str) -> Json:
    return status.cause(field, f"Invalid value: {msgspec.json.encode(value).decode()}: {why}")


def unsupported_cause(field: str, value: Any, known: tuple[str, ...]) -> Json:
    listed = ", ".join(f'"{each}"' for each in known)
    return status.cause(field, f'Unsupported value: "{value}": supported values: {listed}', "FieldValueNotSupported")


def _accept_any(_obj: Json) -> Causes:
    return iter(())


def _validate_metadata(resource: ServedResource, meta: Json) -> Causes:
    name = meta.get("name")
    if not name:
        yield required_cause("metadata.name", "name or generateName is required")
    elif resource.group not in _FREE_NAMES:
        yield from _validate_name(resource, name)
    yield from _validate_labels(meta.get("labels"), "metadata.labels")
    yield from _validate_annotations(meta.get("annotations"), "metadata.annotations")


def _validate_labels(labels: Json | None, path: str) -> Causes:
    for key, value in (labels or {}).items():
        yield from (invalid_cause(path, key, why) for why in _find_key_faults(key))
        if len(str(value)) > 63:
            yield invalid_cause(path, value, "must be no more than 63 bytes")
        if not re.fullmatch(_VALUE_RE, str(value)):
            yield invalid_cause(path, value, _VALUE)


def _validate_annotations(annotations: Json | None, path: str) -> Causes:
    for key in annotations or {}:
        yield from (invalid_cause(path, key, why) for why in _find_key_faults(key.lower()))


def _find_key_faults(key: str) -> list[str]:
    """What is wrong with the key of a label or an annotation, in the real server's words."""
    *prefix, name = key.split("/")
    if len(prefix) > 1:
        return [f"a valid label key {_KEY} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"]
    faults = []
    if prefix and not prefix[0]:
        faults.append("prefix part must be non-empty")
    elif prefix and (not re.fullmatch(_SUBDOMAIN_RE, prefix[0]) or len(prefix[0]) > 253):
        faults.append(f"prefix part {_SUBDOMAIN}")
    if not name or len(name) > 63:
        faults.append("name part must be no more than 63 bytes" if name else "name part must be non-empty")
    if not re.fullmatch(_KEY_RE, name):
        faults.append(f"name part {_KEY}")
    return faults


def _validate_selector(selector: Json | None, path: str) -> Causes:
    chosen = selector or {}
    yield from _validate_labels(chosen.get("matchLabels"), f"{path}.matchLabels")
    for position, each in enumerate(chosen.get("matchExpressions") or ()):
        key = str(each.get("key", ""))
        yield from (invalid_cause(f"{path}.matchExpressions[{position}].key", key, why) for why in _find_key_faults(key))


def _validate_template(template: Json, path: str) -> Causes:
    meta = template.get("metadata") or {}
    yield from _validate_labels(meta.get("labels"), f"{path}.labels")
    yield from _validate_annotations(meta.get("annotations"), f"{path}.annotations")
    yield from _validate_pod_spec(template.get("spec") or {}, f"{path}.spec")


def _validate_name(resource: ServedResource, name: str) -> Causes:
    if resource.key == "/services":
        pattern, why, max_length = _DNS_1035_RE, _DNS_1035, 63
    elif resource.key == "/namespaces":
        pattern, why, max_length = _LABEL_RE, _LABEL, 63
    else:
        pattern, why, max_length = _SUBDOMAIN_RE, _SUBDOMAIN, 253
    if not re.fullmatch(pattern, name):
        yield invalid_cause("metadata.name", name, why)
    elif len(name) > max_length:
        yield invalid_cause("metadata.name", name, f"must be no more than {max_length} characters")


def _validate_pod_spec(spec: Json, path: str) -> Causes:
    containers = spec.get("containers") or []
    if not containers:
        yield required_cause(f"{path}.containers")
    for field in ("initContainers", "containers"):
        for position, container in enumerate(spec.get(field) or ()):
            yield from _validate_container(container, f"{path}.{field}[{position}]")
    names = [each.get("name") for each in containers]
    for position, name in enumerate(names):
        if name and name in names[:position]:
            yield status.cause(f"{path}.containers[{position}].name", f'Duplicate value: "{name}"', "FieldValueDuplicate")
    if spec.get("restartPolicy") not in ("Always", "OnFailure", "Never"):
        yield unsupported_cause(f"{path}.restartPolicy", spec.get("restartPolicy"), ("Always", "OnFailure", "Never"))
    yield from _validate_labels(spec.get("nodeSelector"), f"{path}.nodeSelector")
    yield from _validate_mounts(spec, path)


def _validate_container(container: Json, path: str) -> Causes:
    name = container.get("name")
    if not name:
        yield required_cause(f"{path}.name")
    elif not re.fullmatch(_LABEL_RE, name):
        yield invalid_cause(f"{path}.name", name, _LABEL)
    if not container.get("image"):
        yield required_cause(f"{path}.image")
    if container.get("imagePullPolicy") not in _PULL_POLICIES:
        yield unsupported_cause(f"{path}.imagePullPolicy", container.get("imagePullPolicy"), _PULL_POLICIES)
    for position, port in enumerate(container.get("ports") or ()):
        if not 0 < port.get("containerPort", 0) < 65536:
            yield invalid_cause(
                f"{path}.ports[{position}].containerPort", port.get("containerPort", 0), "must be between 1 and 65535, inclusive"
            )


def _validate_mounts(spec: Json, path: str) -> Causes:
    volumes = {each.get("name") for each in spec.get("volumes") or ()}
    for at, container in enumerate(spec.get("containers") or ()):
        for position, mount in enumerate(container.get("volumeMounts") or ()):
            if mount.get("name") not in volumes:
                field = f"{path}.containers[{at}].volumeMounts[{position}].name"
                yield status.cause(field, f'Not found: "{mount.get("name", "")}"', "FieldValueNotFound")


def _validate_pod(obj: Json) -> Causes:
    spec = obj.get("spec") or {}
    yield from _validate_pod_spec(spec, "spec")
    if spec.get("nodeName") and spec.get("schedulingGates"):
        why = "Forbidden: cannot be set until all schedulingGates have been cleared"
        yield status.cause("spec.nodeName", why, "FieldValueForbidden")


def _validate_workload(obj: Json) -> Causes:
    spec = obj.get("spec") or {}
    labels = spec.get("template", {}).get("metadata", {}).get("labels") or {}
    if not spec.get("selector"):
        yield required_cause("spec.selector")
    elif not matches_selector(spec["selector"], labels):
        yield invalid_cause("spec.template.metadata.labels", labels, "`selector` does not match template `labels`")
    if spec.get("replicas", 0) < 0:
        yield invalid_cause("spec.replicas", spec["replicas"], "must be greater than or equal to 0")
    yield from _validate_selector(spec.get("selector"), "spec.selector")
    yield from _validate_template(spec.get("template") or {}, "spec.template")


def _validate_job(obj: Json) -> Causes:
    template = obj["spec"].get("template", {}).get("spec") or {}
    yield from _validate_template(obj["spec"].get("template") or {}, "spec.template")
    if template.get("restartPolicy") == "Always":
        yield status.cause("spec.template.spec.restartPolicy", 'Required value: valid values: "OnFailure", "Never"', "FieldValueRequired")


def _validate_cron_job(obj: Json) -> Causes:
    if not obj["spec"].get("schedule"):
        yield required_cause("spec.schedule")
    yield from _validate_template(obj["spec"]["jobTemplate"]["spec"]["template"], "spec.jobTemplate.spec.template")


def _validate_service(obj: Json) -> Causes:
    spec = obj.get("spec") or {}
    if spec.get("type") not in _SERVICE_TYPES:
        yield unsupported_cause("spec.type", spec.get("type"), _SERVICE_TYPES)
    yield from _validate_labels(spec.get("selector"), "spec.selector")
    if not spec.get("ports") and spec.get("type") != "ExternalName" and spec.get("clusterIP") != "None":
        yield required_cause("spec.ports")
    for position, port in enumerate(spec.get("ports") or ()):
        if not 0 < port.get("port", 0) < 65536:
            yield invalid_cause(f"spec.ports[{position}].port", port.get("port", 0), "must be between 1 and 65535, inclusive")
        if len(spec["ports"]) > 1 and not port.get("name"):
            yield required_cause(f"spec.ports[{position}].name")


def _validate_claim(obj: Json) -> Causes:
    spec = obj.get("spec") or {}
    if not spec.get("accessModes"):
        yield required_cause("spec.accessModes", "at least 1 access mode is required")
    if "storage" not in ((spec.get("resources") or {}).get("requests") or {}):
        yield required_cause("spec.resources[storage]")


def _validate_ingress(obj: Json) -> Causes:
    for at, rule in enumerate((obj.get("spec") or {}).get("rules") or ()):
        for position, path in enumerate((rule.get("http") or {}).get("paths") or ()):
            if not path.get("pathType"):
                yield required_cause(f"spec.rules[{at}].http.paths[{position}].pathType", "pathType must be specified")


def _validate_autoscaler(obj: Json) -> Causes:
    spec = obj.get("spec") or {}
    most, least = spec.get("maxReplicas", 0), spec.get("minReplicas", 1)
    if most < 1:
        yield invalid_cause("spec.maxReplicas", most, "must be greater than 0")
    elif most < least:
        yield invalid_cause("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`")


def _validate_definition(obj: Json) -> Causes:
    spec = obj["spec"]
    expected = f"{spec['names'].get('plural', '')}.{spec.get('group', '')}"
    if obj["metadata"].get("name") != expected:
        yield invalid_cause("metadata.name", obj["metadata"].get("name"), 'must be spec.names.plural+"."+spec.group')
    if not spec.get("versions"):
        yield required_cause("spec.versions")
    for position, version in enumerate(spec.get("versions") or ()):
        if not (version.get("schema") or {}).get("openAPIV3Schema"):
            yield required_cause(f"spec.versions[{position}].schema.openAPIV3Schema", "schemas are required")


_CHECKS: dict[str, Callable[[Json], Causes]] = {
    "/pods": _validate_pod,
    "/services": _validate_service,
    "/persistentvolumeclaims": _validate_claim,
    "batch/jobs": _validate_job,
    "batch/cronjobs": _validate_cron_job,
    "networking.k8s.io/ingresses": _validate_ingress,
    "autoscaling/horizontalpodautoscalers": _validate_autoscaler,
    "apiextensions.k8s.io/customresourcedefinitions": _validate_definition,
    **dict.fromkeys(_WORKLOADS, _validate_workload),
}
