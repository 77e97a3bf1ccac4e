"""The dangers of any object, and of a change from one state to another."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from k8sconsole.model.dangers.danger import Body, Danger, Rank, as_map, as_maps, as_words, compare_dangers
from k8sconsole.model.dangers.permissions import binding_dangers, role_dangers
from k8sconsole.model.dangers.pods import pod_dangers

_POD_SECURITY = "pod-security.kubernetes.io/"
_CLOUD_IDENTITIES = ("eks.amazonaws.com/role-arn", "iam.gke.io/gcp-service-account", "azure.workload.identity/client-id")


def find_dangers(obj: Body) -> list[Danger]:
    """The dangers in an object, or in each object of a list. The object is masked: its secrets are not needed here."""
    if isinstance(obj.get("items"), list) and str(obj.get("kind", "")).endswith("List"):
        return [danger for item in obj["items"] if isinstance(item, dict) for danger in find_dangers(item)]
    group = str(obj.get("apiVersion", "")).rpartition("/")[0]
    own = _BY_KIND.get((group, str(obj.get("kind", ""))))
    return [*(own(obj) if own else ()), *pod_dangers(dict(obj)), *_metadata_dangers(as_map(obj.get("metadata")))]


def find_new_dangers(before: Body | None, after: Body) -> list[Danger]:
    """The dangers that a change adds or takes away; all of them where the object is new."""
    found = find_dangers(after)
    if before is None:
        return found
    return [*_losses(before, after), *compare_dangers(find_dangers(before), found)]


def service_account_of(obj: Any, depth: int = 0) -> str:
    """The account of the first pod template in the object whose token is mounted; empty where there is none."""
    if not isinstance(obj, dict | list) or depth > 20:
        return ""
    if isinstance(obj, dict) and isinstance(obj.get("containers"), list):
        account = str(obj.get("serviceAccountName") or obj.get("serviceAccount") or "default")
        return account if obj.get("automountServiceAccountToken") is not False else ""
    inside = obj.values() if isinstance(obj, dict) else obj
    return next(filter(None, (service_account_of(item, depth + 1) for item in inside)), "")


def _losses(before: Body, after: Body) -> Iterator[Danger]:
    """What a change stops or leaves behind."""
    was, now = (as_map(one.get("spec")).get("replicas") for one in (before, after))
    if isinstance(was, int) and was and now == 0:
        yield Danger(Rank.TAKES_OVER, f"stops all {was} replicas: no pod serves")
    had, kept = (as_words(as_map(one.get("metadata")).get("finalizers")) for one in (before, after))
    gone = [one for one in had if one not in kept]
    if gone:
        yield Danger(Rank.TAKES_OVER, "removes finalizers, so nothing cleans up", ", ".join(gone))


def _metadata_dangers(meta: Body) -> Iterator[Danger]:
    for key, value in as_map(meta.get("annotations")).items():
        if key in _CLOUD_IDENTITIES:
            yield Danger(Rank.RUNS, "identity in the cloud", str(value))


def _namespace_dangers(obj: Body) -> Iterator[Danger]:
    for key, value in as_map(as_map(obj.get("metadata")).get("labels")).items():
        if key.startswith(_POD_SECURITY):
            rank = Rank.TAKES_OVER if value == "privileged" else Rank.WORTH_KNOWING
            yield Danger(rank, f"pod security, {key.removeprefix(_POD_SECURITY)}", str(value))


def _webhook_dangers(obj: Body) -> Iterator[Danger]:
    """A webhook reads, and may change or refuse, what is sent to the API server."""
    for hook in as_maps(obj.get("webhooks")):
        where = f"webhook {hook.get('name', '')}"
        yield Danger(Rank.TAKES_OVER, "requests go to", _format_client(as_map(hook.get("clientConfig"))), where)
        yield Danger(Rank.RUNS, "if it does not answer", str(hook.get("failurePolicy") or "Fail"), where)
        for rule in as_maps(hook.get("rules")):
            groups = as_words(rule.get("apiGroups")) or [""]
            kinds = ", ".join(f"{resource}.{group}".rstrip(".") for group in groups for resource in as_words(rule.get("resources")))
            rank = Rank.TAKES_OVER if "*" in kinds else Rank.RUNS
            yield Danger(rank, "for", f"{', '.join(as_words(rule.get('operations')) or ['*'])} of {kinds}", where)


def _format_client(client: Mapping[str, Any]) -> str:
    service = as_map(client.get("service"))
    return str(client.get("url") or f"service {service.get('namespace', '')}/{service.get('name', '')}{service.get('path') or ''}")


def _api_service_dangers(obj: Body) -> Iterator[Danger]:
    spec = as_map(obj.get("spec"))
    if spec.get("service"):
        yield Danger(Rank.TAKES_OVER, f"requests for {spec.get('group', '')}/{spec.get('version', '')} go to", _format_client(spec))
    if spec.get("insecureSkipTLSVerify") is True:
        yield Danger(Rank.TAKES_OVER, "insecureSkipTLSVerify: true")


def _definition_dangers(obj: Body) -> Iterator[Danger]:
    spec = as_map(obj.get("spec"))
    hook = as_map(as_map(as_map(spec.get("conversion")).get("webhook")).get("clientConfig"))
    if hook:
        yield Danger(Rank.TAKES_OVER, "its objects go for conversion to", _format_client(hook))


def _service_dangers(obj: Body) -> Iterator[Danger]:
    spec = as_map(obj.get("spec"))
    if spec.get("type") in ("NodePort", "LoadBalancer"):
        yield Danger(Rank.RUNS, "reachable from outside the cluster", str(spec["type"]))
    for field in ("externalIPs", "externalName"):
        if spec.get(field):
            value = spec[field]
            yield Danger(Rank.TAKES_OVER, field, ", ".join(map(str, value)) if isinstance(value, list) else str(value))


def _secret_dangers(obj: Body) -> Iterator[Danger]:
    account = as_map(as_map(obj.get("metadata")).get("annotations")).get("kubernetes.io/service-account.name")
    if obj.get("type") == "kubernetes.io/service-account-token" and account:
        yield Danger(Rank.TAKES_OVER, "makes a lasting token of the service account", str(account))


def _request_dangers(obj: Body) -> Iterator[Danger]:
    spec = as_map(obj.get("spec"))
    if spec.get("signerName"):
        yield Danger(Rank.TAKES_OVER, "certificate signed by", f"{spec['signerName']} for {', '.join(as_words(spec.get('usages')))}")


_RBAC, _ADMISSION = "rbac.authorization.k8s.io", "admissionregistration.k8s.io"
_BY_KIND: Mapping[tuple[str, str], Callable[[Body], Iterator[Danger]]] = {
    (_RBAC, "Role"): role_dangers,
    (_RBAC, "ClusterRole"): role_dangers,
    (_RBAC, "RoleBinding"): binding_dangers,
    (_RBAC, "ClusterRoleBinding"): binding_dangers,
    ("", "Namespace"): _namespace_dangers,
    (_ADMISSION, "MutatingWebhookConfiguration"): _webhook_dangers,
    (_ADMISSION, "ValidatingWebhookConfiguration"): _webhook_dangers,
    ("apiregistration.k8s.io", "APIService"): _api_service_dangers,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition_dangers,
    ("", "Service"): _service_dangers,
    ("", "Secret"): _secret_dangers,
    ("certificates.k8s.io", "CertificateSigningRequest"): _request_dangers,
}
