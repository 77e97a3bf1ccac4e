"""What the last word of a question that is still being typed names, so that it can be completed out of the cache."""

import re
from collections.abc import Mapping

import msgspec


class Blank(msgspec.Struct, frozen=True):
    """part is what stands there so far. tool and parameter: whose values it can become; given: that tool's other arguments."""

    part: str
    tool: str
    parameter: str
    given: Mapping[str, str] = {}


_GRAMMAR: tuple[tuple[re.Pattern[str], str, str, Mapping[str, str]], ...] = (
    (re.compile(r"\blogs? (?:of|for|from) (?:pod )?$"), "k8s_get_pod_logs", "name", {}),
    (re.compile(r"\b(?:in|from) (?:the )?(?:namespaces? )?$"), "k8s_list_pods", "namespace", {}),
    (re.compile(r"\bnode $"), "k8s_get_resource", "name", {"kind": "nodes"}),
    (re.compile(r"\b(?:of|on) deployment $"), "k8s_get_resource", "name", {"kind": "deployments.apps"}),
)
"""What stands before the word, in lower case; the first that fits counts. Any other word may be a kind."""


def blank(question: str) -> Blank | None:
    """None where nothing has been typed of a word. Never fails."""
    before, _, part = question.rpartition(" ")
    if not part:
        return None
    text = f"{before.lower()} "
    for pattern, tool, parameter, given in _GRAMMAR:
        if pattern.search(text):
            return Blank(part, tool, parameter, given)
    return Blank(part, "k8s_list_resources", "kind")
