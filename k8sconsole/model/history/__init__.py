"""What was: the words for it (``words``), what is kept of it (``rules``), and which changes count (``noise``)."""

from k8sconsole.model.history.words import Change, ChangeQuery, Changes, Gap, Life, Version

__all__ = ["Change", "ChangeQuery", "Changes", "Gap", "Life", "Version"]
