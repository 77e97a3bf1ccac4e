"""The objects of the load, as large and as varied as those of a real cluster.

A pod of a Deployment takes about 7 KB of compact JSON, two fifths of it managedFields.
"""

from typing import Any

from benchmarks.load.plan import App

Object = dict[str, Any]

MANAGED_BY = "k8sconsole-load"
SELECTOR = f"app.kubernetes.io/managed-by={MANAGED_BY}"

_TEAMS = ("payments", "search", "checkout", "identity", "catalogue", "shipping")
_COMPONENTS = ("api", "worker", "web", "cache")
_PORT = 8080


def namespace(name: str) -> Object:
    """A namespace of the load."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"app.kubernetes.io/managed-by": MANAGED_BY}}}


def config_map(app: App) -> Object:
    """The settings that the app's pods mount."""
    settings = "\n".join(f"feature.{number}.enabled = {str(number % 2 == 0).lower()}" for number in range(20))
    return _object("v1", "ConfigMap", app) | {"data": {"LOG_LEVEL": "info", "REGION": "region-1", "app.properties": settings}}


def secret(app: App) -> Object:
    """A secret whose values are easy to search for where they must not appear."""
    return _object("v1", "Secret", app) | {"stringData": {"username": app.name, "password": f"load-secret-{app.number:04d}"}}


def service(app: App) -> Object:
    """The address of the app inside the cluster."""
    ports = [{"name": "http", "port": 80, "targetPort": "http"}]
    return _object("v1", "Service", app) | {"spec": {"selector": _selector(app), "ports": ports}}


def deployment(app: App) -> Object:
    """The app as a Deployment."""
    spec = {
        "replicas": app.replicas,
        "revisionHistoryLimit": 3,
        "selector": {"matchLabels": _selector(app)},
        "template": {"metadata": {"labels": _labels(app), "annotations": _annotations(app)}, "spec": _pod_spec(app)},
    }
    return _object("apps/v1", "Deployment", app) | {"spec": spec}


def pod(app: App, name: str, node: str) -> Object:
    """One pod of the app, created bound to its node."""
    metadata = {"name": name, "namespace": app.namespace, "labels": _labels(app), "annotations": _annotations(app)}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": _pod_spec(app) | {"nodeName": node}}


def _object(version: str, kind: str, app: App) -> Object:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": app.name, "namespace": app.namespace, "labels": _labels(app)}}


def _selector(app: App) -> dict[str, str]:
    return {"app.kubernetes.io/name": app.name}


def _labels(app: App) -> dict[str, str]:
    return _selector(app) | {
        "app.kubernetes.io/version": f"2.{app.number % 30}.{app.number % 7}",
        "app.kubernetes.io/component": _COMPONENTS[app.number % len(_COMPONENTS)],
        "app.kubernetes.io/managed-by": MANAGED_BY,
        "team": _team(app),
    }


def _annotations(app: App) -> dict[str, str]:
    return {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": str(_PORT),
        "checksum/config": f"{app.number:08x}" * 4,
        "example.com/on-call": f"{_team(app)}-on-call@example.com",
    }


def _team(app: App) -> str:
    return _TEAMS[app.number % len(_TEAMS)]


def _pod_spec(app: App) -> Object:
    volumes = [
        {"name": "config", "configMap": {"name": app.name}},
        {"name": "credentials", "secret": {"secretName": app.name}},
    ]
    return {
        "containers": [_container(app)],
        "volumes": volumes,
        "terminationGracePeriodSeconds": 30,
        "securityContext": {"runAsNonRoot": True},
    }


def _container(app: App) -> Object:
    return {
        "name": "main",
        "image": f"registry.example.com/{_team(app)}/{app.name}:2.{app.number % 30}.{app.number % 7}",
        "args": ["--config=/etc/app/app.properties"],
        "ports": [{"name": "http", "containerPort": _PORT}],
        "env": _environment(app),
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "500m", "memory": "256Mi"}},
        "livenessProbe": _probe("/livez", 15),
        "readinessProbe": _probe("/readyz", 5),
        "volumeMounts": [
            {"name": "config", "mountPath": "/etc/app", "readOnly": True},
            {"name": "credentials", "mountPath": "/etc/credentials", "readOnly": True},
        ],
        "securityContext": {"allowPrivilegeEscalation": False},
    }


def _environment(app: App) -> list[Object]:
    return [
        {"name": "APP_NAME", "value": app.name},
        {"name": "LOG_LEVEL", "valueFrom": {"configMapKeyRef": {"name": app.name, "key": "LOG_LEVEL"}}},
        {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": app.name, "key": "password"}}},
    ]


def _probe(path: str, period: int) -> Object:
    return {"httpGet": {"path": path, "port": "http"}, "periodSeconds": period}
