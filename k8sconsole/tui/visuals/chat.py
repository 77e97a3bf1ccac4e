"""What the conversation says: an answer with its age, and how to get a better one."""

from k8sconsole.agent.intent import Intent
from k8sconsole.kit.text import format_age
from k8sconsole.model.freshness import Freshness
from k8sconsole.model.refs import ApiResource
from k8sconsole.tui.widgets.columns import ColumnSpec

LINE = ColumnSpec("", 20, 400, pinned=True)
EXAMPLES = (
    "pods that are not running",
    "how many pods in kube-system",
    "nodes that are not ready",
    "deployments older than 2h",
    "logs of NAME in NAMESPACE",
)


def no_model_words(model: str) -> tuple[str, ...]:
    """Plainly: what answers here, and what does not yet. Lines of at most 76 characters."""
    named = f"{model} is configured, but" if model else "Set llm.model and LLM_API_KEY to name a language model;"
    return (
        "This pane answers what a command can answer, from the cache.",
        named,
        "talking to one is not part of this version yet. Ask for example:",
    )


def answer_words(resource: ApiResource, intent: Intent, total: int, fresh: Freshness, now: float) -> str:
    where = f" in {', '.join(intent.namespaces)}" if intent.namespaces else ""
    narrowed = f" with {intent.filter}" if intent.filter else ""
    kind = resource.plural if total != 1 else (resource.singular or resource.kind.lower())
    age = fresh.age(now)
    seen = "not read yet, so this may be wrong" if age is None else f"as of {format_age(age)} ago"
    missing = f"; not covered: {'; '.join(fresh.missing)}" if fresh.missing and age is not None else ""
    if not total and missing:
        return f"no {kind}{where}{narrowed} are known, but not all could be read ({seen}{missing})"
    return f"{total} {kind}{where}{narrowed} ({seen}{missing})"
