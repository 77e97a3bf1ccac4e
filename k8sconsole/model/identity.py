"""Which cluster it is, whatever its context is called: rows of one must never be shown as another's."""

import msgspec


class Identity(msgspec.Struct, frozen=True):
    """uid: of the namespace kube-system, which lives as long as its cluster; empty where it may not be read. door: a fingerprint of the
    server's address and authority."""

    uid: str = ""
    door: str = ""

    def __str__(self) -> str:
        return f"{self.uid} {self.door}" if self.uid or self.door else ""

    @classmethod
    def of(cls, text: str) -> "Identity":
        """What ``str`` made; empty for empty text."""
        uid, _, door = text.partition(" ")
        return cls(uid, door)


def another(before: Identity, now: Identity) -> bool:
    """Whether these are two clusters: by their uids, or by their doors where a uid is not known. A cluster that moved to another address
    is still the same when its uid says so."""
    if before.uid and now.uid:
        return before.uid != now.uid
    return bool(before.door and now.door and before.door != now.door)
