"""Every built-in tool, in the order in which a catalogue shows them."""

from k8sconsole.tools.registry import Registry
from k8sconsole.tools.toolsets import (
    cache,
    clusters,
    cronjobs,
    deletion,
    deployments,
    history,
    lists,
    logs,
    manifests,
    marking,
    nodes,
    objects,
    running,
    undoing,
    workloads,
)

READING = (clusters, lists, objects, logs, cache, history)
WRITING = (deployments, manifests, deletion, workloads, nodes, running, marking, cronjobs, undoing)
TOOLSETS = (*READING, *WRITING)


def builtin_registry() -> Registry:
    return Registry(tool for toolset in TOOLSETS for tool in toolset.TOOLS)
