"""The guardrails as a person writes them. How they are applied is ``tools.policy``'s business."""

from enum import StrEnum

import msgspec


class Action(StrEnum):
    """ALLOW: go on. ASK: a person says yes. TYPE_NAME: a person types a name. DENY: no."""

    ALLOW = "allow"
    ASK = "ask"
    TYPE_NAME = "type_name"
    DENY = "deny"


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Globs; an empty list matches everything. The first rule that matches a call decides."""

    action: Action
    tools: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    contexts: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    faces: tuple[str, ...] = ()
    callers: tuple[str, ...] = ()


class Policy(msgspec.Struct, frozen=True):
    """What may be done, and what asks first."""

    read_only: bool = False
    """Nothing may be changed, from any face."""
    allow_write: bool = False
    """Whether MCP clients are offered the tools that change something; each call still asks."""
    production: tuple[str, ...] = (r"(^|[-_./])(prod|prd|production|live)([-_./0-9]|$)",)
    """Regular expressions; a context or cluster that matches one asks for its name before a change."""
    rules: tuple[Rule, ...] = ()
    """Rules of your own, asked in order before the built-in ones."""


class Limits(msgspec.Struct, frozen=True):
    """Calls of tools at the same time. The scanner has limits of its own."""

    at_once: int = 64
    """Calls running at the same time in all. A quarter of it is kept for the console's keys and for commands."""
    per_caller: int = 24
    """The same for one caller, such as one MCP client."""
    waiting: int = 256
    """Calls of one caller that may wait for their turn; one more is refused, and told when to try again."""
    patience: float = 15.0
    """Seconds a call waits for its turn before it is refused."""
