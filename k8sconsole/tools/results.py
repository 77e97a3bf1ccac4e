"""The intermediate results of a call in the pipeline: target, decision, proposal and reply."""

from typing import Any

import msgspec

from k8sconsole.model.freshness import Freshness
from k8sconsole.model.policy import Action
from k8sconsole.model.refs import ApiResource, ClusterName
from k8sconsole.model.tools import Page


class Reply(msgspec.Struct, frozen=True):
    """What a handler returns. data: a JSON value. text: the same for people."""

    data: Any
    text: str
    freshness: Freshness
    page: Page = Page()
    warnings: tuple[str, ...] = ()


class Target(msgspec.Struct, frozen=True):
    """What a call acts on.

    cluster: the kubeconfig's name of the context's cluster. resource: None for a tool without a kind. namespaces: empty for all, or for a
    cluster-scoped kind. kinds: names of the kind in a call to an attached server, which are not looked up.
    """

    context: ClusterName = ClusterName("")
    cluster: str = ""
    resource: ApiResource | None = None
    namespaces: tuple[str, ...] = ()
    name: str = ""
    kinds: tuple[str, ...] = ()


class Proposal(msgspec.Struct, frozen=True):
    """What a change would do, determined before the approval question. dry_run: the whole change. facts: what the handler needs later,
    such as the object's uid. dangers: lines, the most serious first. count: how many objects it touches; 0 for those in ``objects``."""

    objects: tuple[str, ...]
    consequences: tuple[str, ...] = ()
    dry_run: str = ""
    undo: str = ""
    facts: dict[str, Any] = {}
    dangers: tuple[str, ...] = ()
    count: int = 0


class Decision(msgspec.Struct, frozen=True):
    """A policy decision. word: what the approver must type. reason: the rule or default that decided."""

    action: Action
    word: str = ""
    reason: str = ""
