"""The types of parameters that many tools share. A type's form says how lenient the validation is with what a caller writes."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta


class Form(StrEnum):
    """What a parameter holds; ``pipeline.arguments`` brings a caller's spelling into this form."""

    KIND = "kind"
    """A kind in any form of ``model.kind_words``; a name behind it goes to ``name``."""
    NAME = "name"
    """A name without blanks; a kind or a namespace before it goes to its own parameter."""
    NAMESPACE = "namespace"
    """One namespace. ``*`` is looked up: the object must exist in one namespace only."""
    NAMESPACE_OR_ALL = "namespace_or_all"
    """One namespace, or ``*`` for all."""
    NAMESPACES = "namespaces"
    """One, several, or ``*`` for all."""
    FILTER = "filter"
    """The typed filter; label_selector and field_selector are added to it."""
    COMMAND = "command"
    """Arguments of a program; text is split as a shell splits words, without a shell's operators."""
    WORD = "word"
    """Text in which blanks at the ends mean nothing."""


def _form(form: Form) -> dict[str, Form]:
    return {"form": form}


Context = Annotated[str, Meta(description="Cluster", extra=_form(Form.WORD))]
Kind = Annotated[str, Meta(description="Any kind or CRD", min_length=1, extra=_form(Form.KIND))]
OptionalKind = Annotated[str, Meta(description="Any kind or CRD", extra=_form(Form.KIND))]
WorkloadKind = Annotated[str, Meta(description="deploy, sts, ds, …", min_length=1, extra=_form(Form.KIND))]
ObjectName = Annotated[str, Meta(description="The object", min_length=1, extra=_form(Form.NAME))]
OptionalName = Annotated[str, Meta(description="One object", extra=_form(Form.NAME))]
PodName = Annotated[str, Meta(description="The pod", min_length=1, extra=_form(Form.NAME))]
NodeName = Annotated[str, Meta(description="The node", min_length=1, extra=_form(Form.NAME))]
OwnNamespace = Annotated[str, Meta(description="Default: the context's own", extra=_form(Form.NAMESPACE))]
Namespaces = Annotated[str | list[str], Meta(description="* for all", extra=_form(Form.NAMESPACES))]
RowFilter = Annotated[str, Meta(description="e.g. status!=Running restarts>3 app=web", extra=_form(Form.FILTER))]
Container = Annotated[str, Meta(description="Default: the main one", extra=_form(Form.WORD))]
Image = Annotated[str, Meta(description="Container image", min_length=1, extra=_form(Form.WORD))]
Command = Annotated[list[str], Meta(description='Not a shell line: ["ls", "-l"]', extra=_form(Form.COMMAND))]
Since = Annotated[str, Meta(description="15m, 2h ago, 14:00", extra=_form(Form.WORD))]
Until = Annotated[str, Meta(description="Default: now", extra=_form(Form.WORD))]
AsOf = Annotated[str, Meta(description="The past: 30m", extra=_form(Form.WORD))]
Live = Annotated[bool, Meta(description="Bypass the cache")]
Cursor = Annotated[str, Meta(description="page.next", extra=_form(Form.WORD))]
Limit = Annotated[int, Meta(description="At most", ge=1, le=10_000)]
