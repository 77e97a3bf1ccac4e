"""What was: the words for it (``words``, ``moments``), what is kept of it (``rules``), and which changes count (``noise``)."""

from k8sconsole.model.history.records import Change, ChangeQuery, Changes, Gap, TimelineItem, Version, VersionHistory

__all__ = ["Change", "ChangeQuery", "Changes", "Gap", "TimelineItem", "Version", "VersionHistory"]
