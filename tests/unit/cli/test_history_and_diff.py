"""``k8sconsole history`` and ``diff``: the past as a table and as JSON."""

import pytest

from k8sconsole.cli.history_output import difference_lines, gap_text, local_time
from k8sconsole.kit.times import parse_time
from k8sconsole.model.differences import Difference
from k8sconsole.tools.history.gaps import GapRecord
from tests.unit.cli.conftest import CommandLine


def _deployment(line: CommandLine) -> str:
    return str(line.run("get", "deploy", "-n", "shop", "-o", "json").json()["items"][0]["metadata"]["name"])


def test_the_first_version_of_an_object_is_listed_with_when_it_was_seen(scanned: CommandLine) -> None:
    name = _deployment(scanned)
    done = scanned.run("history", "deploy", name, "-n", "shop")
    assert done.out.splitlines()[0].split() == ["WHEN", "CHANGE", "BY", "WHAT"]
    assert "first seen" in done.out
    assert "created " in done.out, "the object is older than the cache"
    assert f"1 versions of deployments.apps shop/{name} on demo-calm-shop" in done.err


def test_history_as_json_has_the_object_its_versions_and_its_gaps(scanned: CommandLine) -> None:
    found = scanned.run("history", "deploy", _deployment(scanned), "-n", "shop", "-o", "json").json()
    assert set(found) == {"object", "versions", "gaps"}
    assert found["object"]["namespace"] == "shop"
    assert {version["change"] for version in found["versions"]} <= {"added", "modified", "deleted"}


def test_history_of_an_object_that_never_existed_is_not_found(scanned: CommandLine) -> None:
    done = scanned.run("history", "deploy", "never-was", "-n", "shop")
    assert done.code == 1
    assert "never-was" in done.error


def test_a_diff_without_changes_says_what_is_not_known(scanned: CommandLine) -> None:
    done = scanned.run("diff", "deploy", "-n", "shop", "--from", "-1s")
    assert done.code == 0
    assert "no change was observed between " in done.err
    assert "changes during the gaps are not known" in done.err


def test_diff_as_json_names_both_times(scanned: CommandLine) -> None:
    found = scanned.run("diff", "--from", "-1h", "-n", "shop", "-o", "json").json()
    assert found["from"] < found["to"]
    assert {"items", "gaps", "counts"} <= set(found)


@pytest.mark.parametrize("words", [("diff",), ("diff", "--from", "whenever"), ("history", "deploy")])
def test_a_missing_or_impossible_time_or_name_is_wrong_usage(scanned: CommandLine, words: tuple[str, ...]) -> None:
    done = scanned.run(*words)
    assert done.code == 2
    assert "(try: " in done.error


def test_of_many_differing_fields_the_first_are_shown_and_the_rest_are_counted() -> None:
    many = [Difference(f"spec.field{number}", 1, 2) for number in range(7)]
    lines = difference_lines(many, 5)
    assert len(lines) == 6
    assert lines[-1].startswith("… 2 more fields")
    assert len(difference_lines(many)) == 7


def test_a_gap_says_until_when_nothing_was_watched_and_why() -> None:
    ended = GapRecord("demo", "pods", "2026-11-24T14:00:00Z", "2026-11-24T15:00:00Z", "no process was scanning")
    assert gap_text(ended) == f"not watched until {local_time('2026-11-24T15:00:00Z')} (no process was scanning)"
    assert gap_text(GapRecord("demo", "pods", None, None, "")) == "not watched until now"


def test_a_time_is_shown_in_the_local_zone() -> None:
    assert parse_time(local_time("2026-11-24T14:00:00Z"), 0.0) == parse_time("2026-11-24T14:00:00Z", 0.0)
