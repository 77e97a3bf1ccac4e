"""The entries of a timeline and their order."""

from k8sconsole.model.differences import Difference
from k8sconsole.runtime.services.timeline import moments
from k8sconsole.tools.history.diff import TimelineEntry
from k8sconsole.tools.history.gaps import GapRecord
from k8sconsole.tools.history.versions import ObjectHistory, ObjectRecord, VersionRecord

WEB = ObjectRecord("demo", "deployments.apps", "shop", "web")
BORN = VersionRecord("1", "2026-11-26T10:00:00Z", "added", "kubectl", [])
SCALED = VersionRecord("2", "2026-11-26T12:00:00Z", "modified", "alice", [Difference("spec.replicas", 2, 3)])


def test_entries_of_an_object_its_owned_objects_and_events_are_sorted_newest_first() -> None:
    life = ObjectHistory(
        WEB, [BORN, SCALED], [GapRecord("demo", "deployments.apps", "2026-11-26T10:30:00Z", "2026-11-26T11:00:00Z", "crash")]
    )
    owned = [TimelineEntry("2026-11-26T12:00:01Z", "demo", "pods", "shop", "web-1", "added", "kubelet", ["spec.nodeName"])]
    event = {"type": "Warning", "reason": "Failed", "message": "two\nlines", "count": 3, "lastTimestamp": "2026-11-26T12:30:00Z"}
    entries = [(one.change, one.subject, one.by, one.lines) for one in moments(life, owned, [event, {"reason": "never dated"}])]
    assert entries == [
        ("warning", "", "", ("Failed ×3: two lines",)),
        ("added", "pods/web-1", "kubelet", ("spec.nodeName",)),
        ("modified", "", "alice", ("spec.replicas: 2 → 3",)),
        ("gap", "", "", ("not watched from 2026-11-26T10:30:00Z to 2026-11-26T11:00:00Z (crash)",)),
        ("added", "", "kubectl", ()),
    ]


def test_an_open_gap_is_first() -> None:
    life = ObjectHistory(WEB, [BORN], [GapRecord("demo", "deployments.apps", "2026-11-26T10:30:00Z", None, "")])
    assert [one.change for one in moments(life, [], [])] == ["gap", "added"]


def test_of_many_differing_fields_the_first_are_shown_and_the_rest_counted() -> None:
    change = VersionRecord("2", "2026-11-26T12:00:00Z", "modified", "", [Difference(f"spec.a{n}", n, n + 1) for n in range(40)])
    (one,) = moments(ObjectHistory(WEB, [change], []), [], [])
    assert one.lines[-1] == "… 28 more fields"
    assert len(one.lines) == 13


def test_changes_of_one_owned_object_within_a_minute_are_one_entry_with_all_fields() -> None:
    def entry(at: str, name: str, change: str, *fields: str) -> TimelineEntry:
        return TimelineEntry(f"2026-11-26T12:00:{at}Z", "demo", "pods", "shop", name, change, "", list(fields))

    owned = [
        entry("09", "web-1", "modified", "status.phase"),
        entry("05", "web-2", "modified", "status.phase"),
        entry("03", "web-1", "modified", "spec.nodeName", "status.phase"),
        entry("01", "web-1", "added"),
    ]
    entries = moments(ObjectHistory(WEB, [], []), owned, [])
    assert [(one.change, one.subject, one.lines) for one in entries] == [
        ("modified", "pods/web-1", ("status.phase, spec.nodeName",)),
        ("modified", "pods/web-2", ("status.phase",)),
        ("added", "pods/web-1", ()),
    ]
