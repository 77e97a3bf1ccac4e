"""Tables of RBAC, service accounts, certificate requests, webhooks, admission policies and flow control."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8sconsole.demo.api.tables.cells import NONE, UNSET, format_creation_age, format_duration, object_name
from k8sconsole.demo.api.tables.columns import TablePrinter, define_columns

if TYPE_CHECKING:
    from datetime import datetime

    from k8sconsole.demo.api.tables.columns import Cells

Json = dict[str, Any]


def _subject_names(obj: Json, kind: str) -> list[str]:
    found = [each for each in obj.get("subjects") or () if each.get("kind") == kind]
    return [f"{each.get('namespace', '')}/{each['name']}" if kind == "ServiceAccount" else each["name"] for each in found]


def _role_binding_cells(obj: Json, now: datetime) -> Cells:
    role = obj["roleRef"]
    subjects = [", ".join(_subject_names(obj, kind)) for kind in ("User", "Group", "ServiceAccount")]
    return [object_name(obj), f"{role['kind']}/{role['name']}", format_creation_age(obj, now), *subjects]


def _name_and_age_cells(obj: Json, now: datetime) -> Cells:
    return [object_name(obj), format_creation_age(obj, now)]


def _signing_request_state(obj: Json) -> str:
    state = obj.get("status", {})
    true = [each["type"] for each in state.get("conditions") or ()]
    state_text = "Denied" if "Denied" in true else "Approved" if "Approved" in true else "Pending"
    return state_text + (",Failed" if "Failed" in true else "") + (",Issued" if state.get("certificate") else "")


def _signing_request_cells(obj: Json, now: datetime) -> Cells:
    spec = obj["spec"]
    seconds = spec.get("expirationSeconds")
    requested = NONE if seconds is None else format_duration(seconds)
    return [
        object_name(obj),
        format_creation_age(obj, now),
        spec.get("signerName") or NONE,
        spec.get("username", ""),
        requested,
        _signing_request_state(obj),
    ]


def _webhook_cells(obj: Json, now: datetime) -> Cells:
    return [object_name(obj), len(obj.get("webhooks") or ()), format_creation_age(obj, now)]


def _format_param_kind(obj: Json) -> str:
    kind = obj["spec"].get("paramKind")
    return UNSET if kind is None else f"{kind.get('apiVersion', '')}/{kind.get('kind', '')}"


def _admission_policy_cells(obj: Json, now: datetime) -> Cells:
    return [object_name(obj), len(obj["spec"].get("validations") or ()), _format_param_kind(obj), format_creation_age(obj, now)]


def _mutating_policy_cells(obj: Json, now: datetime) -> Cells:
    return [object_name(obj), len(obj["spec"].get("mutations") or ()), _format_param_kind(obj), format_creation_age(obj, now)]


def _policy_binding_cells(obj: Json, now: datetime) -> Cells:
    found = obj["spec"].get("paramRef")
    text = f"{found.get('namespace') or '*'}/{found['name']}" if found and found.get("name") else UNSET
    return [object_name(obj), obj["spec"].get("policyName", ""), text, format_creation_age(obj, now)]


def _flow_schema_cells(obj: Json, now: datetime) -> Cells:
    spec = obj["spec"]
    method = (spec.get("distinguisherMethod") or {}).get("type", NONE)
    dangling = next((each["status"] for each in obj.get("status", {}).get("conditions") or () if each["type"] == "Dangling"), "?")
    level = spec["priorityLevelConfiguration"]["name"]
    return [object_name(obj), level, spec.get("matchingPrecedence", 1000), method, format_creation_age(obj, now), dangling]


def _priority_level_cells(obj: Json, now: datetime) -> Cells:
    limited = obj["spec"].get("limited") or obj["spec"].get("exempt") or {}
    queuing = (limited.get("limitResponse") or {}).get("queuing") or {}
    sizes = [queuing.get(field, NONE) for field in ("queues", "handSize", "queueLengthLimit")]
    return [object_name(obj), obj["spec"]["type"], limited.get("nominalConcurrencyShares", NONE), *sizes, format_creation_age(obj, now)]


def _claim_state_cells(obj: Json, now: datetime) -> Cells:
    state, deleted = obj.get("status") or {}, bool(obj["metadata"].get("deletionTimestamp"))
    words = ["deleted"] if deleted else []
    if state.get("allocation") is not None:
        words += ["allocated", "reserved"] if state.get("reservedFor") else ["allocated"]
    elif not deleted:
        words.append("pending")
    return [object_name(obj), ",".join(words), format_creation_age(obj, now)]


def _resource_slice_cells(obj: Json, now: datetime) -> Cells:
    spec = obj["spec"]
    pool = (spec.get("pool") or {}).get("name", "")
    return [object_name(obj), spec.get("nodeName") or "", spec.get("driver", ""), pool, format_creation_age(obj, now)]


def _name_and_date_cells(obj: Json, _now: datetime) -> Cells:
    return [object_name(obj), obj["metadata"].get("creationTimestamp", "")]


_BINDING = TablePrinter(define_columns("Name|Role|Age", "Users|Groups|ServiceAccounts"), _role_binding_cells)
# The server's table for kinds without a table of their own, such as roles and CustomResourceDefinitions.
DEFAULT = TablePrinter(define_columns("Name|Created At"), _name_and_date_cells)
_WEBHOOKS = TablePrinter(define_columns("Name|Webhooks|Age", "", "Webhooks"), _webhook_cells)
_RBAC, _ADMISSION, _FLOW = "rbac.authorization.k8s.io", "admissionregistration.k8s.io", "flowcontrol.apiserver.k8s.io"

PRINTERS = {
    f"{_RBAC}/rolebindings": _BINDING,
    f"{_RBAC}/clusterrolebindings": _BINDING,
    "/serviceaccounts": TablePrinter(define_columns("Name|Age"), _name_and_age_cells),
    "resource.k8s.io/deviceclasses": TablePrinter(define_columns("Name|Age"), _name_and_age_cells),
    "resource.k8s.io/resourceclaimtemplates": TablePrinter(define_columns("Name|Age"), _name_and_age_cells),
    "resource.k8s.io/resourceclaims": TablePrinter(define_columns("Name|State|Age"), _claim_state_cells),
    "resource.k8s.io/resourceslices": TablePrinter(define_columns("Name|Node|Driver|Pool|Age"), _resource_slice_cells),
    "certificates.k8s.io/certificatesigningrequests": TablePrinter(
        define_columns("Name|Age|SignerName|Requestor|RequestedDuration|Condition"), _signing_request_cells
    ),
    f"{_ADMISSION}/mutatingwebhookconfigurations": _WEBHOOKS,
    f"{_ADMISSION}/validatingwebhookconfigurations": _WEBHOOKS,
    f"{_ADMISSION}/validatingadmissionpolicies": TablePrinter(
        define_columns("Name|Validations|ParamKind|Age", "", "Validations"), _admission_policy_cells
    ),
    f"{_ADMISSION}/mutatingadmissionpolicies": TablePrinter(
        define_columns("Name|Mutations|ParamKind|Age", "", "Mutations"), _mutating_policy_cells
    ),
    f"{_ADMISSION}/mutatingadmissionpolicybindings": TablePrinter(define_columns("Name|PolicyName|ParamRef|Age"), _policy_binding_cells),
    f"{_ADMISSION}/validatingadmissionpolicybindings": TablePrinter(define_columns("Name|PolicyName|ParamRef|Age"), _policy_binding_cells),
    f"{_FLOW}/flowschemas": TablePrinter(
        define_columns("Name|PriorityLevel|MatchingPrecedence|DistinguisherMethod|Age|MissingPL"), _flow_schema_cells
    ),
    f"{_FLOW}/prioritylevelconfigurations": TablePrinter(
        define_columns("Name|Type|NominalConcurrencyShares|Queues|HandSize|QueueLengthLimit|Age"), _priority_level_cells
    ),
}
