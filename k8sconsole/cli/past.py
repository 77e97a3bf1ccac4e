"""What ``history`` and ``diff`` share: times in the zone of whoever reads, differing fields as lines, gaps."""

import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec

from k8sconsole.cli.output import print_json, say
from k8sconsole.kit.times import format_local_time, parse_time
from k8sconsole.model.differences import Difference, format_difference

TIMES = "T is a time such as 2026-11-24T14:00:00Z, 14:00, yesterday 14:00, -30m or 2h ago; local time where it names no zone."


class Form(StrEnum):
    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


def print_as(told: Any, form: Form) -> None:
    """As JSON or YAML, whole."""
    value = msgspec.to_builtins(told)
    if form is Form.JSON:
        print_json(value)
        return
    import yaml

    sys.stdout.write(yaml.safe_dump(value, sort_keys=False, allow_unicode=True))


def here(told: str) -> str:
    """A told moment, in local time."""
    return format_local_time(parse_time(told, 0.0))


def fields(diff: Sequence[Difference], most: int | None = None) -> list[str]:
    """A line a field; of many the first."""
    shown = [format_difference(one) for one in diff[:most]]
    return shown if len(shown) == len(diff) else [*shown, f"… {len(diff) - len(shown)} more fields; -o json has them all"]


def unwatched(gap: Any) -> str:
    until = f"until {here(gap.until)}" if gap.until else "until now"
    return f"nobody was watching {until}" + (f" ({gap.reason})" if gap.reason else "")


def remark(found: Any) -> None:
    """What the answer does not cover, on stderr."""
    for warning in found.warnings:
        say(f"warning: {warning}")
    for reason in found.freshness.missing:
        say(f"missing: {reason}")
