"""The typed filter (placeholder until its grammar lands in the next commit)."""

import msgspec


class Filter(msgspec.Struct, frozen=True):
    text: str = ""
