"""Status conditions: one per type, with the time of its last status change."""

from typing import Any

Json = dict[str, Any]


def find_condition(status: Json, type_: str) -> Json | None:
    return next((condition for condition in status.get("conditions", ()) if condition["type"] == type_), None)


def is_true(status: Json, type_: str) -> bool:
    condition = find_condition(status, type_)
    return condition is not None and condition["status"] == "True"


def set_condition(status: Json, condition: Json, stamp: str) -> None:
    """Set a condition in place. `lastTransitionTime` changes only when its status changes."""
    conditions = status.setdefault("conditions", [])
    old = find_condition(status, condition["type"])
    transition_time = old.get("lastTransitionTime") if old and old["status"] == condition["status"] else None
    new = condition | {"lastTransitionTime": transition_time or stamp}
    if old is None:
        conditions.append(new)
    else:
        conditions[conditions.index(old)] = new


def remove_condition(status: Json, type_: str) -> None:
    status["conditions"] = [condition for condition in status.get("conditions", ()) if condition["type"] != type_]
