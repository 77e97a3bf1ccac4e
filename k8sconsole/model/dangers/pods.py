"""Dangers of what runs pods: in a pod, in the template of any workload, and in a custom resource that holds one at any depth.

The fields are recognised by name wherever they are, so that a template inside a kind that is not known here hides nothing.
https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from k8sconsole.model.dangers.danger import Body, Danger, Rank, as_map

_CONTAINERS = {"containers": "container", "initContainers": "init container", "ephemeralContainers": "ephemeral container"}
_HOST_NAMESPACES = {"hostPID": "every process of the node", "hostIPC": "the node's shared memory", "hostNetwork": "the node's network"}
_HOOKS = ("postStart", "preStop", "livenessProbe", "readinessProbe", "startupProbe")
_PARTS_LEFT_OUT = frozenset({"status", "managedFields", "openAPIV3Schema"})
_APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
DEEPEST = 100
"""Levels of nesting that are examined."""


def pod_dangers(value: Any, where: str = "", depth: int = 0) -> Iterator[Danger]:
    """The dangers in a JSON value, at any depth. where: the container that the value belongs to."""
    if depth > DEEPEST:
        yield Danger(Rank.TAKES_OVER, f"nested deeper than {DEEPEST} levels; what is below was not examined", "", where)
        return
    if isinstance(value, list):
        for item in value:
            yield from pod_dangers(item, where, depth + 1)
    if not isinstance(value, dict):
        return
    yield from _field_dangers(value, where)
    if _is_container(value):
        yield from _container_dangers(value, where)
    for key, item in value.items():
        if key in _CONTAINERS and isinstance(item, list):
            for one in item:
                yield from pod_dangers(one, _container_label(key, one), depth + 1)
        elif key not in _PARTS_LEFT_OUT:
            yield from pod_dangers(item, where, depth + 1)


def _container_label(field: str, container: Any) -> str:
    if not isinstance(container, dict):
        return _CONTAINERS[field]
    sidecar = field == "initContainers" and container.get("restartPolicy") == "Always"
    return f"{'sidecar' if sidecar else _CONTAINERS[field]} {container.get('name', '')}".strip()


def _is_container(value: Body) -> bool:
    return isinstance(value.get("image"), str) and ("name" in value or "command" in value or "args" in value)


def _container_dangers(container: Body, where: str) -> Iterator[Danger]:
    place = where or f"container {container.get('name', '')}".strip()
    yield Danger(Rank.RUNS, "image", str(container["image"]), place)
    for field in ("command", "args"):
        if container.get(field):
            yield Danger(Rank.RUNS, field, _as_json(container[field]), place)
    hooks = {**as_map(container.get("lifecycle")), **{key: container.get(key) for key in _HOOKS}}
    for name in _HOOKS:
        run = as_map(as_map(hooks.get(name)).get("exec"))
        if run.get("command"):
            yield Danger(Rank.RUNS, f"{name} runs", _as_json(run["command"]), place)


def _field_dangers(fields: Body, where: str) -> Iterator[Danger]:
    """The dangers that single fields announce."""
    for name, what in _HOST_NAMESPACES.items():
        if fields.get(name) is True:
            yield Danger(Rank.TAKES_OVER, f"{name}: true, it sees {what}", "", where)
    if fields.get("privileged") is True:
        yield Danger(Rank.TAKES_OVER, "privileged: true, it may do what root on the node may", "", where)
    if fields.get("hostProcess") is True:
        yield Danger(Rank.TAKES_OVER, "hostProcess: true, it runs on the Windows node itself", "", where)
    yield from _host_paths(fields, where)
    yield from _security_context(fields, where)
    yield from _identity(fields, where)
    yield from _placement(fields, where)
    yield from _secrets(fields, where)


def _secrets(fields: Body, where: str) -> Iterator[Danger]:
    """The Secrets that it reads: a program that may read one may send it anywhere."""
    for field, name in (("secret", "secretName"), ("secretKeyRef", "name"), ("secretRef", "name")):
        found = as_map(fields.get(field)).get(name)
        if isinstance(found, str):
            yield Danger(Rank.WORTH_KNOWING, "reads the Secret", found, where)


def _host_paths(fields: Body, where: str) -> Iterator[Danger]:
    source = fields.get("hostPath")
    path = source.get("path") if isinstance(source, dict) else source
    if isinstance(path, str) and path:
        name = fields.get("name")
        yield Danger(Rank.TAKES_OVER, "path of the node", path, where or (f"volume {name}" if isinstance(name, str) else ""))
    port = fields.get("hostPort")
    if isinstance(port, int) and port:
        yield Danger(Rank.TAKES_OVER, "port of the node", str(port), where)


def _security_context(fields: Body, where: str) -> Iterator[Danger]:
    added = as_map(fields.get("capabilities")).get("add")
    if isinstance(added, list) and added:
        yield Danger(Rank.TAKES_OVER, "added capabilities", ", ".join(map(str, added)), where)
    if fields.get("allowPrivilegeEscalation") is True:
        yield Danger(Rank.TAKES_OVER, "allowPrivilegeEscalation: true", "", where)
    if fields.get("procMount") == "Unmasked":
        yield Danger(Rank.TAKES_OVER, "procMount: Unmasked", "", where)
    for name in ("seccompProfile", "appArmorProfile"):
        if as_map(fields.get(name)).get("type") == "Unconfined":
            yield Danger(Rank.TAKES_OVER, f"{name}: Unconfined", "", where)
    for key, value in fields.items():
        if isinstance(key, str) and key.startswith(_APP_ARMOR) and value == "unconfined":
            yield Danger(Rank.TAKES_OVER, "AppArmor: unconfined", "", f"container {key.removeprefix(_APP_ARMOR)}")
    if fields.get("runAsUser") == 0 and fields.get("runAsUser") is not False:
        yield Danger(Rank.TAKES_OVER, "runs as root", "", where)
    if isinstance(fields.get("sysctls"), list) and fields["sysctls"]:
        yield Danger(Rank.TAKES_OVER, "sysctls", _as_json(fields["sysctls"]), where)


def _identity(fields: Body, where: str) -> Iterator[Danger]:
    account = fields.get("serviceAccountName") or fields.get("serviceAccount")
    if isinstance(account, str) and account:
        kept = "" if fields.get("automountServiceAccountToken") is not False else " (its token is not mounted)"
        yield Danger(Rank.RUNS, "service account", f"{account}{kept}", where)
    elif isinstance(fields.get("containers"), list) and fields.get("automountServiceAccountToken") is not False:
        yield Danger(Rank.RUNS, "service account", "default", where)
    token = as_map(fields.get("serviceAccountToken"))
    if token.get("audience"):
        yield Danger(Rank.RUNS, "token of the service account for", str(token["audience"]), where)


def _placement(fields: Body, where: str) -> Iterator[Danger]:
    if isinstance(fields.get("containers"), list):
        if fields.get("nodeName"):
            yield Danger(Rank.WORTH_KNOWING, "runs on the node, past the scheduler", str(fields["nodeName"]), where)
        if fields.get("shareProcessNamespace") is True:
            yield Danger(Rank.WORTH_KNOWING, "its containers see one another's processes", "", where)
        priority = fields.get("priorityClassName")
        if isinstance(priority, str) and priority.startswith("system-"):
            yield Danger(Rank.WORTH_KNOWING, "priority of the system", priority, where)
    if fields.get("operator") == "Exists" and not fields.get("key") and set(fields) <= {"operator", "effect", "key", "tolerationSeconds"}:
        yield Danger(Rank.WORTH_KNOWING, "tolerates every taint: it also runs on control-plane nodes", "", where)


def _as_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
