"""The policy and the limits of tool calls, as the settings state them. ``tools.policy`` applies the policy."""

from enum import StrEnum

import msgspec


class Action(StrEnum):
    """ALLOW: run the call. ASK: a person must approve it. TYPE_NAME: a person must type a name. DENY: refuse it."""

    ALLOW = "allow"
    ASK = "ask"
    TYPE_NAME = "type_name"
    DENY = "deny"


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A policy rule. All fields but action are globs; an empty one matches everything. The first rule that matches a call decides."""

    action: Action
    """allow: run the call. ask: a person must approve it. type_name: a person must type a name. deny: refuse it."""
    tools: tuple[str, ...] = ()
    """Names of tools, such as ``k8s_delete_*``."""
    verbs: tuple[str, ...] = ()
    """Verbs of Kubernetes: get, list, create, update, patch, delete, …"""
    kinds: tuple[str, ...] = ()
    """Kinds as kubectl writes them: pods, deployments.apps."""
    contexts: tuple[str, ...] = ()
    """Contexts of the kubeconfig."""
    namespaces: tuple[str, ...] = ()
    """Namespaces."""
    faces: tuple[str, ...] = ()
    """Where the call comes from: tui, chat, cli, mcp or scanner."""
    callers: tuple[str, ...] = ()
    """Who calls, as the audit names them."""


class Policy(msgspec.Struct, frozen=True):
    """What callers may do, and which calls need approval."""

    read_only: bool = False
    """Whether every change is refused, from any face."""
    allow_write: bool = False
    """Whether MCP clients are offered the tools that change something. Each such call still needs approval."""
    production: tuple[str, ...] = (r"(^|[-_./])(prod|prd|production|live)([-_./0-9]|$)",)
    """Regular expressions. In a context or cluster that matches one, a change needs its name typed."""
    rules: tuple[Rule, ...] = ()
    """Your own rules, checked in order before the built-in ones."""


class Limits(msgspec.Struct, frozen=True):
    """Limits on concurrent tool calls; ``tools.pipeline.concurrency`` enforces them. The scanner has limits of its own."""

    at_once: int = 64
    """Calls that run at the same time, of all callers. A quarter of them is reserved for the console's keys and for commands."""
    per_caller: int = 24
    """Calls of one caller that run at the same time, such as those of one MCP client."""
    waiting: int = 256
    """Calls of one caller that may wait. Further calls are refused with a time after which to try again."""
    patience: float = 15.0
    """Seconds a call waits before it is refused."""
