"""What travels through the pipeline: the call, what became of it so far, and the reply."""

from typing import Any

import msgspec

from k8sconsole.model.freshness import Freshness
from k8sconsole.model.policy import Action
from k8sconsole.model.refs import ApiResource, ClusterName
from k8sconsole.model.tools import Page


class Reply(msgspec.Struct, frozen=True):
    """What a handler answers. data is a JSON value, text the same for a person's eyes."""

    data: Any
    text: str
    freshness: Freshness
    page: Page = Page()
    warnings: tuple[str, ...] = ()


class Target(msgspec.Struct, frozen=True):
    """What a call is about. cluster is the kubeconfig's name behind the context. No namespaces: all, or a kind that has none. resource is
    None for tools that are about no kind; kinds: words for one that is not of ours to look up."""

    context: ClusterName = ClusterName("")
    cluster: str = ""
    resource: ApiResource | None = None
    namespaces: tuple[str, ...] = ()
    name: str = ""
    kinds: tuple[str, ...] = ()


class Proposal(msgspec.Struct, frozen=True):
    """What a change would do, asked of the server before anybody is. facts: what the handler learnt and will need, such as the object's
    uid."""

    objects: tuple[str, ...]
    consequences: tuple[str, ...] = ()
    dry_run: str = ""
    undo: str = ""
    facts: dict[str, Any] = {}


class Decision(msgspec.Struct, frozen=True):
    """What policy says. word: what must be typed. reason: which rule, in words."""

    action: Action
    word: str = ""
    reason: str = ""
