"""One tool call in progress, and how its end is observed."""

import contextlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from k8sconsole.errors import ConsoleError
from k8sconsole.kit.clock import Clock
from k8sconsole.model.tools import ToolCall
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.results import Decision, Proposal, Reply, Target
from k8sconsole.tools.spec import ToolSpec


@dataclass
class Invocation:
    """One call in progress. The steps set input, target, decision and proposal, in that order.

    parts: one for each document of a manifest with several; input and target are then those of the first.
    """

    call: ToolCall
    spec: ToolSpec
    context: ToolContext
    input: Any = None
    target: Target = field(default_factory=Target)
    decision: Decision | None = None
    proposal: Proposal | None = None
    parts: "list[Invocation]" = field(default_factory=list)


NextStep = Callable[[Invocation], Awaitable[Reply]]
"""Runs the rest of the pipeline."""


def outcome_of(error: BaseException | None) -> str:
    """``ok``, an error's name, or ``Cancelled``. A stream that its reader closed counts as ``ok``."""
    if error is None or isinstance(error, GeneratorExit):
        return "ok"
    if isinstance(error, ConsoleError):
        return error.name
    return "InternalError" if isinstance(error, Exception) else "Cancelled"


@contextlib.contextmanager
def observe_end(clock: Clock, on_end: Callable[[BaseException | None, float], None]) -> Iterator[None]:
    """Call ``on_end(error or None, seconds)`` when the block ends, and pass the error on."""
    started = clock.monotonic()
    error: BaseException | None = None
    try:
        yield
    except BaseException as problem:
        error = problem
        raise
    finally:
        on_end(error, clock.monotonic() - started)
