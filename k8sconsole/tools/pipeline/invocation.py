"""One tool call on its way through the pipeline."""

from dataclasses import dataclass, field
from typing import Any

from k8sconsole.model.tools import ToolCall
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.results import Decision, Proposal, Target
from k8sconsole.tools.spec import ToolSpec


@dataclass
class Invocation:
    """One call on its way. input, target, decision and proposal are filled in by the steps, in that order."""

    call: ToolCall
    spec: ToolSpec
    context: ToolContext
    input: Any = None
    target: Target = field(default_factory=Target)
    decision: Decision | None = None
    proposal: Proposal | None = None
