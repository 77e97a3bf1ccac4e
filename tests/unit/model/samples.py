"""One object or more of each usual kind, as an API server answers them, with what kubectl's columns say, wide ones too."""

from typing import Any

Sample = tuple[str, dict[str, Any], dict[str, str]]
"""The resource's name, the object, and kubectl's cell texts by column; ``<none>`` and ``<unset>`` are empty here."""


def _object(kind: str, api: str = "v1", namespace: str = "shop", **rest: Any) -> dict[str, Any]:
    metadata = {
        "name": "thing",
        "uid": "u-1",
        "resourceVersion": "7",
        "creationTimestamp": "2026-11-22T01:00:00Z",
        **({"namespace": namespace} if namespace else {}),
        **rest.pop("metadata", {}),
    }
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **rest}


def _template(**spec: Any) -> dict[str, Any]:
    containers = [{"name": "web", "image": "web:1.4", "ports": [{"containerPort": 80}]}, {"name": "log", "image": "log:2"}]
    return {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": containers, **spec}}


_SELECTOR = {"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "tier", "operator": "In", "values": ["front", "back"]}]}
_SPEC = {"replicas": 3, "selector": _SELECTOR, "template": _template()}
_WIDE = {"CONTAINERS": "web,log", "IMAGES": "web:1.4,log:2", "SELECTOR": "app=web,tier in (back,front)"}
_RUN = {"startTime": "2026-11-22T01:00:00Z", "completionTime": "2026-11-22T01:02:00Z"}


def _job(status: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return _object("Job", "batch/v1", spec={"template": _template(), "selector": _SELECTOR, **spec}, status=status)


def _service(spec: dict[str, Any], *ingress: dict[str, str]) -> dict[str, Any]:
    ports = [{"port": 80, "protocol": "TCP", "nodePort": 30080}, {"name": "dns", "port": 53, "protocol": "UDP"}]
    return _object(
        "Service",
        spec={"clusterIPs": ["10.0.0.7"], "clusterIP": "10.0.0.7", "ports": ports, "selector": {"b": "2", "a": "1"}, **spec},
        status={"loadBalancer": {"ingress": list(ingress)}},
    )


def _metric(kind: str, **source: Any) -> dict[str, Any]:
    return {"type": kind, kind[0].lower() + kind[1:]: source}


def _node(ready: str | None, **spec: Any) -> dict[str, Any]:
    return _object(
        "Node",
        namespace="",
        spec=spec,
        metadata={"labels": {"node-role.kubernetes.io/control-plane": "", "kubernetes.io/role": "edge"}},
        status={
            "conditions": [] if ready is None else [{"type": "Ready", "status": ready}],
            "addresses": [{"type": "Hostname", "address": "n1"}, {"type": "InternalIP", "address": "10.9.0.1"}],
            "nodeInfo": {
                "kubeletVersion": "v1.36.3",
                "osImage": "Debian 13",
                "kernelVersion": "6.12",
                "containerRuntimeVersion": "containerd://2.1",
                "architecture": "arm64",
            },
            "allocatable": {"cpu": "3900m", "memory": "8Gi"},
        },
    )


def _event(**rest: Any) -> dict[str, Any]:
    about = {"kind": "Pod", "name": "web-1", "namespace": "shop", "fieldPath": "spec.containers{web}"}
    return _object(
        "Event",
        involvedObject=about,
        type="Warning",
        reason="BackOff",
        message=" back-off restarting \n",
        source={"component": "kubelet", "host": "n1"},
        **rest,
    )


SAMPLES: list[Sample] = [
    (
        "deployments.apps",
        _object(
            "Deployment", "apps/v1", spec=_SPEC, status={"readyReplicas": 1, "updatedReplicas": 2, "availableReplicas": 1, "replicas": 4}
        ),
        {"NAME": "thing", "READY": "1/3", "UP-TO-DATE": "2", "AVAILABLE": "1", **_WIDE},
    ),
    (
        "replicasets.apps",
        _object("ReplicaSet", "apps/v1", spec=_SPEC, status={"replicas": 2, "readyReplicas": 1}),
        {"NAME": "thing", "DESIRED": "3", "CURRENT": "2", "READY": "1", **_WIDE},
    ),
    (
        "statefulsets.apps",
        _object("StatefulSet", "apps/v1", spec={**_SPEC, "serviceName": "db"}, status={"replicas": 3, "readyReplicas": 2}),
        {"NAME": "thing", "READY": "2/3", "CONTAINERS": "web,log", "IMAGES": "web:1.4,log:2"},
    ),
    (
        "daemonsets.apps",
        _object(
            "DaemonSet",
            "apps/v1",
            spec={"selector": _SELECTOR, "template": _template(nodeSelector={"os": "linux", "disk": "ssd"})},
            status={
                "desiredNumberScheduled": 5,
                "currentNumberScheduled": 4,
                "numberReady": 3,
                "updatedNumberScheduled": 2,
                "numberAvailable": 1,
            },
        ),
        {
            "NAME": "thing",
            "DESIRED": "5",
            "CURRENT": "4",
            "READY": "3",
            "UP-TO-DATE": "2",
            "AVAILABLE": "1",
            "NODE SELECTOR": "disk=ssd,os=linux",
            **_WIDE,
        },
    ),
    (
        "replicationcontrollers",
        _object("ReplicationController", spec={"replicas": 2, "selector": {"app": "web"}, "template": _template()}, status={"replicas": 1}),
        {
            "NAME": "thing",
            "DESIRED": "2",
            "CURRENT": "1",
            "READY": "0",
            "CONTAINERS": "web,log",
            "IMAGES": "web:1.4,log:2",
            "SELECTOR": "app=web",
        },
    ),
    (
        "controllerrevisions.apps",
        _object(
            "ControllerRevision",
            "apps/v1",
            revision=4,
            metadata={"ownerReferences": [{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db", "uid": "u", "controller": True}]},
        ),
        {"NAME": "thing", "CONTROLLER": "statefulset.apps/db", "REVISION": "4"},
    ),
    (
        "jobs.batch",
        _job({"succeeded": 2, "conditions": [{"type": "Complete", "status": "True"}], **_RUN}, completions=2),
        {"STATUS": "Complete", "COMPLETIONS": "2/2", "DURATION": "2m", **_WIDE},
    ),
    (
        "jobs.batch",
        _job(
            {"failed": 2, "conditions": [{"type": "FailureTarget", "status": "True"}, {"type": "Failed", "status": "True"}]}, completions=2
        ),
        {"STATUS": "Failed", "COMPLETIONS": "0/2", "DURATION": ""},
    ),
    (
        "jobs.batch",
        _job({"conditions": [{"type": "Suspended", "status": "True"}]}, completions=1, suspend=True),
        {"STATUS": "Suspended", "COMPLETIONS": "0/1"},
    ),
    (
        "jobs.batch",
        _job({"conditions": [{"type": "Suspended", "status": "False"}]}, parallelism=4),
        {"STATUS": "Running", "COMPLETIONS": "0/1 of 4"},
    ),
    (
        "jobs.batch",
        _job({"conditions": [{"type": "FailureTarget", "status": "True"}]}, parallelism=1),
        {"STATUS": "FailureTarget", "COMPLETIONS": "0/1"},
    ),
    (
        "cronjobs.batch",
        _object(
            "CronJob",
            "batch/v1",
            spec={
                "schedule": "*/5 * * * *",
                "timeZone": "Europe/Berlin",
                "suspend": False,
                "jobTemplate": {"spec": {"template": _template()}},
            },
            status={"active": [{"name": "a"}, {"name": "b"}]},
        ),
        {
            "NAME": "thing",
            "SCHEDULE": "*/5 * * * *",
            "TIMEZONE": "Europe/Berlin",
            "SUSPEND": "False",
            "ACTIVE": "2",
            "LAST SCHEDULE": "",
            "CONTAINERS": "web,log",
            "IMAGES": "web:1.4,log:2",
            "SELECTOR": "",
        },
    ),
    (
        "services",
        _service({"type": "ClusterIP"}),
        {
            "NAME": "thing",
            "TYPE": "ClusterIP",
            "CLUSTER-IP": "10.0.0.7",
            "EXTERNAL-IP": "",
            "PORT(S)": "80:30080/TCP,53/UDP",
            "SELECTOR": "a=1,b=2",
        },
    ),
    ("services", _service({"type": "NodePort", "externalIPs": ["1.2.3.4", "5.6.7.8"]}), {"EXTERNAL-IP": "1.2.3.4,5.6.7.8"}),
    ("services", _service({"type": "LoadBalancer"}), {"EXTERNAL-IP": "<pending>"}),
    (
        "services",
        _service(
            {"type": "LoadBalancer", "externalIPs": ["9.9.9.9"]}, {"ip": "4.4.4.4"}, {"hostname": "lb.example.com"}, {"ip": "4.4.4.4"}
        ),
        {"EXTERNAL-IP": "4.4.4.4,lb.example.com,9.9.9.9"},
    ),
    (
        "services",
        _service({"type": "ExternalName", "externalName": "db.example.com", "ports": [], "clusterIPs": [], "clusterIP": ""}),
        {"CLUSTER-IP": "", "EXTERNAL-IP": "db.example.com", "PORT(S)": ""},
    ),
    ("services", _service({"type": "ClusterIP", "clusterIP": "None", "clusterIPs": ["None"]}), {"CLUSTER-IP": "None"}),
    (
        "ingresses.networking.k8s.io",
        _object(
            "Ingress",
            "networking.k8s.io/v1",
            spec={"ingressClassName": "nginx", "tls": [{"secretName": "t"}], "rules": [{"host": f"h{at}.example.com"} for at in range(5)]},
            status={"loadBalancer": {"ingress": [{"ip": "4.4.4.4"}]}},
        ),
        {"CLASS": "nginx", "HOSTS": "h0.example.com,h1.example.com,h2.example.com + 2 more...", "ADDRESS": "4.4.4.4", "PORTS": "80, 443"},
    ),
    (
        "ingresses.networking.k8s.io",
        _object("Ingress", "networking.k8s.io/v1", spec={"rules": [{}]}),
        {"CLASS": "", "HOSTS": "*", "ADDRESS": "", "PORTS": "80"},
    ),
    (
        "ingressclasses.networking.k8s.io",
        _object(
            "IngressClass",
            "networking.k8s.io/v1",
            "",
            metadata={"annotations": {"ingressclass.kubernetes.io/is-default-class": "true"}},
            spec={"controller": "k8s.io/nginx", "parameters": {"apiGroup": "k.example.com", "kind": "P", "name": "x"}},
        ),
        {"NAME": "thing (default)", "CONTROLLER": "k8s.io/nginx", "PARAMETERS": "P.k.example.com/x"},
    ),
    (
        "endpoints",
        _object(
            "Endpoints",
            subsets=[
                {"addresses": [{"ip": "10.0.0.1"}, {"ip": "fd00::2"}], "ports": [{"port": 80, "name": "a"}, {"port": 443, "name": "b"}]}
            ],
        ),
        {"NAME": "thing", "ENDPOINTS": "10.0.0.1:80,[fd00::2]:80,10.0.0.1:443 + 1 more..."},
    ),
    ("endpoints", _object("Endpoints"), {"ENDPOINTS": ""}),
    (
        "endpointslices.discovery.k8s.io",
        _object(
            "EndpointSlice",
            "discovery.k8s.io/v1",
            addressType="IPv4",
            ports=[{"name": "a", "port": 80}, {"name": "any"}],
            endpoints=[{"addresses": ["10.0.0.1"]}, {"addresses": ["10.0.0.2"]}],
        ),
        {"ADDRESSTYPE": "IPv4", "PORTS": "80,any", "ENDPOINTS": "10.0.0.1,10.0.0.2"},
    ),
    (
        "networkpolicies.networking.k8s.io",
        _object(
            "NetworkPolicy", "networking.k8s.io/v1", spec={"podSelector": {"matchExpressions": [{"key": "x", "operator": "DoesNotExist"}]}}
        ),
        {"NAME": "thing", "POD-SELECTOR": "!x"},
    ),
    (
        "nodes",
        _node("True"),
        {
            "STATUS": "Ready",
            "ROLES": "control-plane,edge",
            "VERSION": "v1.36.3",
            "INTERNAL-IP": "10.9.0.1",
            "EXTERNAL-IP": "",
            "OS-IMAGE": "Debian 13",
            "KERNEL-VERSION": "6.12 (arm64)",
            "CONTAINER-RUNTIME": "containerd://2.1",
        },
    ),
    ("nodes", _node("False", unschedulable=True), {"STATUS": "NotReady,SchedulingDisabled"}),
    ("nodes", _node("Unknown"), {"STATUS": "NotReady"}),
    ("nodes", _node(None), {"STATUS": "Unknown"}),
    ("namespaces", _object("Namespace", namespace="", status={"phase": "Terminating"}), {"NAME": "thing", "STATUS": "Terminating"}),
    (
        "persistentvolumes",
        _object(
            "PersistentVolume",
            namespace="",
            spec={
                "capacity": {"storage": "10Gi"},
                "accessModes": ["ReadWriteMany", "ReadWriteOnce"],
                "persistentVolumeReclaimPolicy": "Retain",
                "storageClassName": "fast",
                "claimRef": {"namespace": "shop", "name": "db"},
                "volumeMode": "Filesystem",
            },
            status={"phase": "Bound"},
        ),
        {
            "NAME": "thing",
            "CAPACITY": "10Gi",
            "ACCESS MODES": "RWO,RWX",
            "RECLAIM POLICY": "Retain",
            "STATUS": "Bound",
            "CLAIM": "shop/db",
            "STORAGECLASS": "fast",
            "VOLUMEATTRIBUTESCLASS": "",
            "REASON": "",
            "VOLUMEMODE": "Filesystem",
        },
    ),
    (
        "persistentvolumeclaims",
        _object(
            "PersistentVolumeClaim",
            spec={"volumeName": "pv-1", "storageClassName": "fast", "volumeMode": "Block"},
            status={"phase": "Bound", "capacity": {"storage": "10Gi"}, "accessModes": ["ReadWriteOncePod"]},
        ),
        {
            "STATUS": "Bound",
            "VOLUME": "pv-1",
            "CAPACITY": "10Gi",
            "ACCESS MODES": "RWOP",
            "STORAGECLASS": "fast",
            "VOLUMEATTRIBUTESCLASS": "",
            "VOLUMEMODE": "Block",
        },
    ),
    (
        "persistentvolumeclaims",
        _object(
            "PersistentVolumeClaim",
            metadata={"deletionTimestamp": "2026-11-22T02:00:00Z", "deletionGracePeriodSeconds": 0},
            status={"phase": "Pending"},
        ),
        {"STATUS": "Terminating", "VOLUME": "", "CAPACITY": "", "ACCESS MODES": ""},
    ),
    (
        "storageclasses.storage.k8s.io",
        _object(
            "StorageClass",
            "storage.k8s.io/v1",
            "",
            provisioner="csi.example.com",
            volumeBindingMode="WaitForFirstConsumer",
            reclaimPolicy="Delete",
            metadata={"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        ),
        {
            "NAME": "thing (default)",
            "PROVISIONER": "csi.example.com",
            "RECLAIMPOLICY": "Delete",
            "VOLUMEBINDINGMODE": "WaitForFirstConsumer",
            "ALLOWVOLUMEEXPANSION": "false",
        },
    ),
    (
        "horizontalpodautoscalers.autoscaling",
        _object(
            "HorizontalPodAutoscaler",
            "autoscaling/v2",
            spec={
                "scaleTargetRef": {"kind": "Deployment", "name": "web"},
                "minReplicas": 2,
                "maxReplicas": 9,
                "metrics": [
                    _metric("Resource", name="cpu", target={"type": "Utilization", "averageUtilization": 70}),
                    _metric("Pods", metric={"name": "q"}, target={"type": "AverageValue", "averageValue": "5"}),
                    _metric("External", metric={"name": "q"}, target={"type": "Value", "value": "30"}),
                ],
            },
            status={
                "currentReplicas": 4,
                "desiredReplicas": 5,
                "currentMetrics": [_metric("Resource", name="cpu", current={"averageUtilization": 41, "averageValue": "120m"})],
            },
        ),
        {
            "REFERENCE": "Deployment/web",
            "TARGETS": "cpu: 41%/70%, <unknown>/5 + 1 more...",
            "MINPODS": "2",
            "MAXPODS": "9",
            "REPLICAS": "4",
        },
    ),
    (
        "horizontalpodautoscalers.autoscaling",
        _object(
            "HorizontalPodAutoscaler",
            "autoscaling/v2",
            spec={
                "scaleTargetRef": {"kind": "Deployment", "name": "web"},
                "maxReplicas": 9,
                "metrics": [
                    _metric("Resource", name="memory", target={"type": "AverageValue", "averageValue": "64Mi"}),
                    _metric("External", metric={"name": "q"}, target={"type": "AverageValue", "averageValue": "30"}),
                ],
            },
        ),
        {"TARGETS": "memory: <unknown>/64Mi, <unknown>/30 (avg)", "MINPODS": "1"},
    ),
    (
        "poddisruptionbudgets.policy",
        _object("PodDisruptionBudget", "policy/v1", spec={"minAvailable": "50%"}, status={"disruptionsAllowed": 1}),
        {"MIN AVAILABLE": "50%", "MAX UNAVAILABLE": "N/A", "ALLOWED DISRUPTIONS": "1"},
    ),
    (
        "resourcequotas",
        _object(
            "ResourceQuota",
            status={"hard": {"pods": "10", "limits.cpu": "4", "requests.memory": "8Gi"}, "used": {"pods": "3", "limits.cpu": "1500m"}},
        ),
        {"REQUEST": "pods: 3/10, requests.memory: 0/8Gi", "LIMIT": "limits.cpu: 1500m/4"},
    ),
    ("configmaps", _object("ConfigMap", data={"a": "1", "b": "2"}, binaryData={"c": "AA=="}), {"NAME": "thing", "DATA": "3"}),
    ("secrets", _object("Secret", type="Opaque", data={"a": "MQ=="}), {"NAME": "thing", "TYPE": "Opaque", "DATA": "1"}),
    (
        "rolebindings.rbac.authorization.k8s.io",
        _object(
            "RoleBinding",
            "rbac.authorization.k8s.io/v1",
            roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"},
            subjects=[
                {"kind": "User", "name": "ann", "apiGroup": "rbac.authorization.k8s.io"},
                {"kind": "User", "name": "bob", "apiGroup": "rbac.authorization.k8s.io"},
                {"kind": "ServiceAccount", "name": "bot", "namespace": "ci"},
                {"kind": "Group", "name": "ops", "apiGroup": "rbac.authorization.k8s.io"},
            ],
        ),
        {"ROLE": "ClusterRole/edit", "USERS": "ann, bob", "GROUPS": "ops", "SERVICEACCOUNTS": "ci/bot"},
    ),
    (
        "priorityclasses.scheduling.k8s.io",
        _object("PriorityClass", "scheduling.k8s.io/v1", "", value=1000, preemptionPolicy="Never"),
        {"NAME": "thing", "VALUE": "1000", "GLOBAL-DEFAULT": "False", "PREEMPTIONPOLICY": "Never"},
    ),
    (
        "csinodes.storage.k8s.io",
        _object("CSINode", "storage.k8s.io/v1", "", spec={"drivers": [{"name": "a", "nodeID": "1"}, {"name": "b", "nodeID": "1"}]}),
        {"NAME": "thing", "DRIVERS": "2"},
    ),
    (
        "leases.coordination.k8s.io",
        _object("Lease", "coordination.k8s.io/v1", spec={"holderIdentity": "me"}),
        {"NAME": "thing", "HOLDER": "me"},
    ),
    (
        "volumeattachments.storage.k8s.io",
        _object(
            "VolumeAttachment",
            "storage.k8s.io/v1",
            "",
            spec={"attacher": "csi", "nodeName": "n1", "source": {"persistentVolumeName": "pv-1"}},
            status={"attached": True},
        ),
        {"ATTACHER": "csi", "PV": "pv-1", "NODE": "n1", "ATTACHED": "true"},
    ),
    (
        "events",
        _event(count=4, firstTimestamp="2026-11-22T01:00:00Z", lastTimestamp="2026-11-22T02:50:00Z"),
        {
            "TYPE": "Warning",
            "REASON": "BackOff",
            "OBJECT": "pod/web-1",
            "SUBOBJECT": "spec.containers{web}",
            "SOURCE": "kubelet, n1",
            "MESSAGE": "back-off restarting",
            "COUNT": "4",
            "NAME": "thing",
        },
    ),
    (
        "events",
        _event(series={"count": 9, "lastObservedTime": "2026-11-22T02:50:00.000000Z"}, eventTime="2026-11-22T01:00:00.000000Z"),
        {"COUNT": "9"},
    ),
    ("events", _event(eventTime="2026-11-22T02:50:00.000000Z"), {"COUNT": "1"}),
]
