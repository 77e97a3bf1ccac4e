"""The manifests that are applied. They are the same on every cluster and contain no field that a cluster sets itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.kubectl.commands import BROKEN, CHANGED, CUSTOM, MANIFEST, TYPO

if TYPE_CHECKING:
    from pathlib import Path

_POD = """
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers:
      - name: {name}
        image: registry.example/{name}:{tag}
"""


def _template(name: str, tag: int = 1, restart: str = "") -> str:
    return _POD.format(name=name, tag=tag) + (f"      restartPolicy: {restart}\n" if restart else "")


def _main(namespace: str, replicas: int) -> str:
    meta = "metadata: {{name: {0}, namespace: {1}, labels: {{app: {0}}}}}"
    web = meta.format("web", namespace)
    return f"""
apiVersion: apps/v1
kind: Deployment
{web}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: web}}}}
  template:{_template("web")}        ports: [{{containerPort: 8080, name: http}}]
        env: [{{name: MODE, value: slow}}]
        resources: {{requests: {{cpu: 10m, memory: 16Mi}}}}
        readinessProbe: {{httpGet: {{port: 8080}}}}
---
apiVersion: v1
kind: Service
{web}
spec:
  selector: {{app: web}}
  ports: [{{name: http, port: 80, targetPort: http}}]
---
apiVersion: apps/v1
kind: StatefulSet
{meta.format("disk", namespace)}
spec:
  serviceName: disk
  replicas: 1
  selector: {{matchLabels: {{app: disk}}}}
  template:{_template("disk")}
---
apiVersion: apps/v1
kind: DaemonSet
{meta.format("agent", namespace)}
spec:
  selector: {{matchLabels: {{app: agent}}}}
  template:{_template("agent")}      nodeSelector: {{nowhere: "true"}}
---
apiVersion: batch/v1
kind: Job
metadata: {{name: once, namespace: {namespace}}}
spec:
  template:{_template("once", restart="Never")}
---
apiVersion: batch/v1
kind: CronJob
metadata: {{name: tick, namespace: {namespace}}}
spec:
  schedule: "0 5 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{{name: tick, image: "registry.example/tick:1"}}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
{web}
spec:
  rules:
  - host: web.example
    http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: web, port: {{name: http}}}}}}}}]}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
{web}
spec:
  podSelector: {{matchLabels: {{app: web}}}}
  ingress: [{{ports: [{{port: 8080}}]}}]
---
apiVersion: v1
kind: LimitRange
metadata: {{name: sizes, namespace: {namespace}}}
spec: {{limits: [{{type: Container, max: {{memory: 1Gi}}}}]}}
"""


def _definition(group: str) -> str:
    return f"""
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: kettles.{group}}}
spec:
  group: {group}
  scope: Namespaced
  names: {{plural: kettles, singular: kettle, kind: Kettle, shortNames: [ktl]}}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {{status: {{}}, scale: {{specReplicasPath: .spec.cups, statusReplicasPath: .status.cups}}}}
    additionalPrinterColumns:
    - {{name: Litres, type: integer, jsonPath: .spec.litres}}
    - {{name: Metal, type: string, jsonPath: .spec.metal, priority: 1}}
    - {{name: Age, type: date, jsonPath: .metadata.creationTimestamp}}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            description: What the kettle is to be.
            required: [litres]
            properties:
              litres: {{type: integer, maximum: 10, description: How much it holds.}}
              metal: {{type: string, default: copper}}
              cups: {{type: integer}}
          status: {{type: object, properties: {{cups: {{type: integer}}}}}}
"""


def _kettle(namespace: str, group: str) -> str:
    return f"apiVersion: {group}/v1\nkind: Kettle\nmetadata: {{name: copper, namespace: {namespace}}}\nspec: {{litres: 2, cups: 3}}\n"


_BROKEN = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: broken, namespace: {namespace}}}
spec:
  selector: {{matchLabels: {{app: broken}}}}
  template:
    metadata: {{labels: {{app: different}}}}
    spec: {{containers: [{{name: broken}}]}}
"""


def write(folder: Path, namespace: str) -> None:
    """All manifests of one run, into an existing folder."""
    group = f"{namespace}.example"
    texts = {
        MANIFEST: _main(namespace, 2),
        CHANGED: _main(namespace, 4),
        CUSTOM: _definition(group),
        "kettle.yaml": _kettle(namespace, group),
        TYPO: f"apiVersion: v1\nkind: Service\nmetadata: {{name: typo, namespace: {namespace}}}\nspec: {{prots: [{{port: 80}}]}}\n",
        BROKEN: _BROKEN.format(namespace=namespace),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
