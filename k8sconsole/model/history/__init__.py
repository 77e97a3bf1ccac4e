"""What was: the words for it (``words``, ``moments``), what is kept of it (``rules``), and which changes count (``noise``)."""

from k8sconsole.model.history.moments import Moment
from k8sconsole.model.history.words import Change, ChangeQuery, Changes, Gap, Life, Version

__all__ = ["Change", "ChangeQuery", "Changes", "Gap", "Life", "Moment", "Version"]
