"""``k8sconsole scan --once``: the report and the exit code."""

import pytest

from k8sconsole.cli.scan import _exit_code
from tests.unit.cli.conftest import CommandLine


def test_the_report_counts_each_kind(own: CommandLine) -> None:
    done = own.run("scan", "--once", "--no-progress")
    assert done.code == 0, done.err
    assert done.out.splitlines()[0].split() == ["CLUSTER", "KIND", "OBJECTS", "ADDED", "CHANGED", "DELETED", "SECONDS", "ERROR"]


def test_a_second_scan_of_a_still_cluster_adds_and_deletes_nothing(own: CommandLine) -> None:
    (report,) = own.run("scan", "--once", "--json").json()
    assert report["error"] == ""
    assert sum(kind["added"] + kind["deleted"] for kind in report["kinds"]) == 0
    assert sum(kind["objects"] for kind in report["kinds"]) > 100


def test_without_a_kubeconfig_there_is_nothing_to_scan(empty: CommandLine) -> None:
    done = empty.run("scan", "--once")
    assert done.code == 2
    assert "(try: " in done.error


@pytest.mark.parametrize(("codes", "code"), [([0, 0], 0), ([3, 3], 3), ([0, 3], 1), ([3, 4], 3), ([], 0)])
def test_the_exit_code_is_the_error_s_own_only_where_every_cluster_failed(codes: list[int], code: int) -> None:
    assert _exit_code(codes) == code
