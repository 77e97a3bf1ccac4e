"""The kinds that the contract tests use, and small objects of them."""

import json
from typing import Any

from k8sconsole.model.refs import ApiResource

CONFIG_MAPS = ApiResource("", "v1", "ConfigMap", "configmaps", True)
NAMESPACES = ApiResource("", "v1", "Namespace", "namespaces", False)
PODS = ApiResource("", "v1", "Pod", "pods", True)
DEPLOYMENTS = ApiResource("apps", "v1", "Deployment", "deployments", True)
REPLICA_SETS = ApiResource("apps", "v1", "ReplicaSet", "replicasets", True)


def body(kind: ApiResource, name: str, **fields: Any) -> bytes:
    meta = {"name": name, **fields.pop("metadata", {})}
    return json.dumps({"apiVersion": kind.api_version, "kind": kind.kind, "metadata": meta, **fields}).encode()


def deployment(name: str, replicas: int = 1) -> bytes:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}
    return body(DEPLOYMENTS, name, spec={"replicas": replicas, "selector": {"matchLabels": labels}, "template": template})
