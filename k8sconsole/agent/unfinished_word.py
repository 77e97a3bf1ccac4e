"""Finds what the last word of an unfinished question names, so that it can be completed from the cache."""

import re
from collections.abc import Mapping

import msgspec


class UnfinishedWord(msgspec.Struct, frozen=True):
    """part: the letters typed so far. tool, parameter: the word is a value of this parameter. given: the tool's other arguments."""

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
"""The text before the word, in lower case; the first match counts. A word after any other text may be a kind."""


def find_unfinished_word(question: str) -> UnfinishedWord | None:
    """Returns None where the question ends in a space. Never raises."""
    before, _, part = question.rpartition(" ")
    if not part:
        return None
    text = f"{before.lower()} "
    for pattern, tool, parameter, given in _GRAMMAR:
        if pattern.search(text):
            return UnfinishedWord(part, tool, parameter, given)
    return UnfinishedWord(part, "k8s_list_resources", "kind")
