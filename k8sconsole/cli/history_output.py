"""What ``history`` and ``diff`` print alike: times in the local zone, differing fields as lines, gaps, JSON and YAML."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from k8sconsole.cli.output import print_json, print_yaml, say
from k8sconsole.kit.times import format_local_time, parse_time
from k8sconsole.model.differences import Difference, format_difference

if TYPE_CHECKING:
    from k8sconsole.runtime.services.history import DiffResult, VersionsResult
    from k8sconsole.tools.history.gaps import GapRecord

TIMES = "T is a time such as 2026-11-24T14:00:00Z, 14:00, yesterday 14:00, -30m or 2h ago; local time where it names no zone."


class OutputForm(StrEnum):
    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


def print_as(report: msgspec.Struct, form: OutputForm) -> None:
    """Prints the whole report as JSON or YAML."""
    if form is OutputForm.JSON:
        print_json(report)
    else:
        print_yaml(report, sort_keys=False)


def local_time(timestamp: str) -> str:
    """timestamp: RFC 3339."""
    return format_local_time(parse_time(timestamp, 0.0))


def difference_lines(differences: Sequence[Difference], most: int | None = None) -> list[str]:
    """One line a field; of more than ``most`` fields the first ones and a count of the rest."""
    lines = [format_difference(difference) for difference in differences[:most]]
    rest = len(differences) - len(lines)
    return [*lines, f"… {rest} more fields; -o json has them all"] if rest else lines


def gap_text(gap: "GapRecord") -> str:
    until = f"until {local_time(gap.until)}" if gap.until else "until now"
    return f"not watched {until}" + (f" ({gap.reason})" if gap.reason else "")


def print_coverage(result: "VersionsResult | DiffResult") -> None:
    """Prints on stderr what the result does not cover."""
    for warning in result.warnings:
        say(f"warning: {warning}")
    for reason in result.freshness.missing:
        say(f"missing: {reason}")
