"""Other names of parameters: what kubectl, the Kubernetes API and other tools call them, and selectors in place of a filter."""

import re
from typing import Any

from k8sconsole.errors import InvalidParams, argument_details
from k8sconsole.model.filters import quote

_ALIASES = {
    "as_of": "at at_time timestamp",
    "container": "container_name",
    "context": "cluster cluster_name kube_context kubecontext context_name",
    "cursor": "next next_cursor next_page page_token continue_token",
    "fields": "columns projection select",
    "kind": "resource resource_type resource_kind object_kind type",
    "kinds": "kind resources resource_types types",
    "limit": "max_results max_items page_size top",
    "manifest": "yaml body object resource manifests document documents content",
    "name": "resource_name object_name pod pod_name node node_name deployment deployment_name service_name release release_name workload",
    "namespace": "ns namespaces namespace_name",
    "since": "since_time start start_time",
    "sql": "query statement",
    "tail": "tail_lines lines last_lines",
    "text": "query search q term pattern",
    "until": "end end_time",
    "previous": "previous_container",
}
_TARGETS: dict[str, list[str]] = {}
for _parameter, _words in _ALIASES.items():
    for _word in _words.split():
        _TARGETS.setdefault(_word, []).append(_parameter)
_LABELS = ("label_selector", "label_selectors", "selector", "labels")
_FIELDS = ("field_selector", "field_selectors")
_FIELD_TERM = re.compile(r"\s*([\w.\-\[\]'\"]+?)\s*(==|=|!=)\s*(.*?)\s*")
_SHORT = {"metadata.name": "name", "metadata.namespace": "namespace"}
_CAMEL = re.compile(r"(?<=[a-z0-9])([A-Z])")


def rename(given: dict[str, Any], known: frozenset[str], filters: frozenset[str]) -> dict[str, Any]:
    """The arguments under the tool's own names. known: its parameters. filters: those that are typed filters.

    A name that stays unknown is left, for the error about it. Raises InvalidParams for an unreadable field selector.
    """
    found: dict[str, Any] = {}
    for key, value in given.items():
        name = key if key in known else _CAMEL.sub(r"_\1", key).replace("-", "_").lower()
        target = name if name in known else _find_target(name, known, given)
        if target:
            found[target] = value
        elif name == "all_namespaces" and "namespace" in known and value in (True, False, "true", "false"):
            found |= {"namespace": "*"} if value in (True, "true") else {}
        elif name == "since_seconds" and "since" in known:
            found["since"] = f"{value}s"
        elif filters and name in (*_LABELS, *_FIELDS):
            _add_term(found, given, _read_labels(value) if name in _LABELS else _read_fields(key, value))
        else:
            found[key] = value
    return found


def _find_target(name: str, known: frozenset[str], given: dict[str, Any]) -> str:
    """The parameter that another name means, if it was not given itself."""
    return next((target for target in _TARGETS.get(name, ()) if target in known and target not in given), "")


def _add_term(found: dict[str, Any], given: dict[str, Any], term: str) -> None:
    before = found.get("filter") or given.get("filter")
    if term:
        found["filter"] = f"({before}) and {term}" if before else term


def _read_labels(value: Any) -> str:
    text = ",".join(f"{key}={each}" for key, each in value.items()) if isinstance(value, dict) else str(value).strip().rstrip(",")
    return f"-l {quote(text)}" if text else ""


def _read_fields(parameter: str, value: Any) -> str:
    text = ",".join(f"{key}={each}" for key, each in value.items()) if isinstance(value, dict) else str(value)
    terms = []
    for part in text.split(","):
        if not part.strip():
            continue
        term = _FIELD_TERM.fullmatch(part)
        if term is None:
            details = argument_details(parameter, text[:200], expected="as kubectl takes it: status.phase=Running,spec.nodeName!=n1")
            raise InvalidParams(f"invalid {parameter}", f"{part.strip()!r} is no comparison", f"{parameter}=status.phase=Running", details)
        path, sign, wanted = term.groups()
        terms.append(f"{_SHORT.get(path, path)}{'!=' if sign == '!=' else '='}{quote(wanted)}")
    return " and ".join(terms)
