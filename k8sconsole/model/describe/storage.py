"""Descriptions of PersistentVolumes and PersistentVolumeClaims."""

from k8sconsole.model.describe.sections import JsonNode, Section, make_lines, make_section


def describe_claim(obj: JsonNode, now: float) -> list[Section]:
    spec, status = obj["spec"], obj["status"]
    pairs = [
        ("Status", _format_phase(obj)),
        ("Volume", spec["volumeName"]),
        ("Requested", spec.at("resources", "requests", "storage")),
        ("Capacity", status.at("capacity", "storage")),
        ("Access modes", ", ".join((status["accessModes"] or spec["accessModes"]).words())),
        ("Storage class", spec["storageClassName"]),
        ("Volume mode", spec["volumeMode"]),
        ("Data source", spec["dataSource"]),
    ]
    return make_section("PersistentVolumeClaim", make_lines(pairs))


def _format_phase(obj: JsonNode) -> str:
    return "Terminating" if obj.at("metadata", "deletionTimestamp") else str(obj.at("status", "phase"))


_KNOWN = frozenset(
    (
        "accessModes",
        "capacity",
        "claimRef",
        "persistentVolumeReclaimPolicy",
        "storageClassName",
        "volumeMode",
        "nodeAffinity",
        "mountOptions",
    )
)


def describe_volume(obj: JsonNode, now: float) -> list[Section]:
    spec, ref = obj["spec"], obj.at("spec", "claimRef")
    source = next(((kind, node) for kind, node in spec.items() if kind not in _KNOWN and isinstance(node.value, dict)), None)
    pairs = [
        ("Status", _format_phase(obj)),
        ("Message", obj.at("status", "message")),
        ("Claim", f"{ref['namespace']}/{ref['name']}" if ref else ""),
        ("Capacity", spec.at("capacity", "storage")),
        ("Access modes", ", ".join(spec["accessModes"].words())),
        ("Reclaim policy", spec["persistentVolumeReclaimPolicy"]),
        ("Storage class", spec["storageClassName"]),
        ("Volume mode", spec["volumeMode"]),
        ("Node affinity", spec["nodeAffinity"]),
    ]
    facts = [] if source is None else [("Kind", source[0]), *((key, value) for key, value in source[1].items())]
    return make_section("PersistentVolume", make_lines(pairs)) + make_section("Source", make_lines(facts))
