"""Masks what may differ between two clusters: ages, addresses, generated names, names of the machine."""

from __future__ import annotations

import re

_GENERATED = "[bcdfghjklmnpqrstvwxz2456789]"
_MASKS: tuple[tuple[str, str], ...] = (
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "<uid>"),
    (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z\b", "<time>"),
    (r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}", "<date>"),
    (r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC", "<date>"),
    (rf"\bcontroller-revision-hash=((?:[a-z]+-)?){_GENERATED}{{6,10}}\b", r"controller-revision-hash=\1<hash>"),
    (r"(topology\.kubernetes\.io/(?:zone|region))=[^,\s]+", r"\1=<place>"),
    # A real node with a simulated kubelet starts no container, and so has no container ids.
    (r"\b((?:Container|Image) ID:).*", r"\1"),
    (r"\n\s*PodReadyToStartContainers\s+True", ""),
    (rf"\bkube-api-access-{_GENERATED}{{5}}\b", "kube-api-access-<id>"),
    (r"\b(?:general|data|node|worker)-\d+\b", "<node>"),
    (rf"\b([a-z][-a-z0-9]*?)-{_GENERATED}{{6,10}}-{_GENERATED}{{5}}\b", r"\1-<hash>-<id>"),
    (rf"\b([a-z][-a-z0-9]*?)-[0-9a-f]{{8,10}}-{_GENERATED}{{5}}\b", r"\1-<hash>-<id>"),
    (rf"\b(once|single|agent|lone|quick|web)-{_GENERATED}{{5}}\b", r"\1-<id>"),
    (rf"\b(web|quick)-(?:{_GENERATED}|[0-9a-f]){{8,10}}\b", r"\1-<hash>"),
    (r"pod-template-hash=\w+", "pod-template-hash=<hash>"),
    (r"controller-uid=\S+?(?=,|\s|$)", "controller-uid=<uid>"),
    (r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b", "<ip>"),
    (r"\b(?:\d+[smhdy]){1,2}(?=\s|$|\))", "<age>"),
    (r"https?://\S+", "<url>"),
)


def masked(text: str, names: dict[str, str]) -> str:
    """Replaces everything that may differ. `names` are the names of this run (namespace, node, folder)."""
    for found, word in names.items():
        text = text.replace(found, f"<{word}>")
    for pattern, word in _MASKS:
        text = re.sub(pattern, word, text)
    lines = (re.sub(r"[ \t]+", " ", line).rstrip() for line in text.splitlines())
    return "\n".join(line for line in lines if not line.startswith("WARNING: version difference"))
