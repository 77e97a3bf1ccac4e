"""The history of objects: its types (``records``), which history is kept (``rules``), and which changes make a version (``noise``)."""

from k8sconsole.model.history.records import Change, ChangeQuery, Changes, Gap, TimelineItem, Version, VersionHistory

__all__ = ["Change", "ChangeQuery", "Changes", "Gap", "TimelineItem", "Version", "VersionHistory"]
