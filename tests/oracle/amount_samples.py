"""Random pods that state resources in every way that a server takes: by container, sidecar, init container, pod and runtime class."""

from fractions import Fraction

from k8sconsole.model.quantities import parse_quantity
from tests.oracle.dice import Dice, Json

_CPU = ("1m", "10m", "100m", "0.25", "250m", "1", "1500m", "333m", "0.0005")
_MEMORY = ("1Mi", "64Mi", "100M", "128974848", "1Gi", "1500Ki", "1e6", "333Mi", "0.5Gi")
_STORAGE = ("1Gi", "500Mi", "2G")
_LEAST_OF_POD = {"cpu": "20", "memory": "40Gi"}
OVERHEADS = {"sandboxed": {"cpu": "250m", "memory": "120Mi"}, "light": {"cpu": "1m"}}


def make_runtime_class(name: str) -> Json:
    """A RuntimeClass whose overhead the server adds to the pods that name it."""
    return {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": name}, "handler": "runc",
            "overhead": {"podFixed": OVERHEADS[name]}}  # fmt: skip


def make_pod(dice: Dice, name: str, node: str) -> Json:
    """A pod on this node, with one to three containers and up to four init containers, of which some are sidecars."""
    containers = [_make_container(dice, f"c{at}") for at in range(dice.randint(1, 3))]
    first = [_make_container(dice, f"i{at}", sidecar=dice.chance(0.5)) for at in range(dice.pick(0, 0, 1, 2, 4))]
    spec: Json = {"nodeName": node, "containers": containers, "initContainers": first, "terminationGracePeriodSeconds": 0}
    if dice.chance(0.3):
        spec["runtimeClassName"] = dice.choice(tuple(OVERHEADS))
    if dice.chance(0.35):
        spec["resources"] = _make_pod_level(dice)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def _make_container(dice: Dice, name: str, *, sidecar: bool = False) -> Json:
    requests = {"cpu": dice.choice(_CPU), "memory": dice.choice(_MEMORY), "ephemeral-storage": dice.choice(_STORAGE)}
    requests = {key: value for key, value in requests.items() if dice.chance(0.7)}
    limits = {key: _enlarge(dice, value) for key, value in requests.items() if dice.chance(0.6)}
    if dice.chance(0.2):
        limits["memory"] = "2Gi"
    if dice.chance(0.15):
        limits["example.com/gpu"] = requests["example.com/gpu"] = dice.pick("1", "2")
    resources = {"requests": requests, "limits": limits}
    always = {"restartPolicy": "Always"} if sidecar else {}
    return {"name": name, "image": "none", "resources": resources, **always}


def _enlarge(dice: Dice, amount: str) -> str:
    """The amount itself, or a larger one in thousandths."""
    times: Fraction = parse_quantity(amount) * dice.pick(1, 2, 3)
    return amount if dice.chance(0.3) else f"{-(-times.numerator * 1000 // times.denominator)}m"


def _make_pod_level(dice: Dice) -> Json:
    """Amounts for the whole pod, at least those of its containers together, as the server demands."""
    names = dice.some(tuple(_LEAST_OF_POD), 2) or ["cpu"]
    requests = {name: _LEAST_OF_POD[name] for name in names}
    return {"requests": requests, "limits": dict(_LEAST_OF_POD)} if dice.chance(0.6) else {"requests": requests}


def make_status(dice: Dice, pod: Json) -> Json:
    """A status of a pod whose containers are being resized: what its node has granted differs from what the spec wants."""
    reason = dice.pick("Infeasible", "Deferred", "")
    conditions = [{"type": "PodResizePending", "status": "True", "reason": reason}] if reason else []
    spec = pod["spec"]
    return {
        "phase": "Running",
        "conditions": conditions,
        "containerStatuses": [_make_granted(dice, each) for each in spec["containers"]],
        "initContainerStatuses": [_make_granted(dice, each) for each in spec.get("initContainers", ())],
    }


def _make_granted(dice: Dice, container: Json) -> Json:
    state = {"name": container["name"], "ready": True, "restartCount": 0, "image": "none", "imageID": "", "state": {"running": {}}}
    if dice.chance(0.3):
        return state
    requests = {"cpu": dice.choice(_CPU), "memory": dice.choice(_MEMORY)}
    granted = {"requests": requests, "limits": {"cpu": dice.choice(_CPU)} if dice.chance(0.5) else {}}
    return state | {"resources": granted, "allocatedResources": {"cpu": dice.choice(_CPU)} if dice.chance(0.5) else {}}
