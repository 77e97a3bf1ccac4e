"""Every built-in tool, in the order in which a catalogue shows them."""

from k8sconsole.tools.registry import Registry
from k8sconsole.tools.toolsets import cache, clusters, deletion, deployments, history, lists, logs, objects

TOOLSETS = (clusters, lists, objects, logs, cache, history, deployments, deletion)


def builtin_registry() -> Registry:
    return Registry(tool for toolset in TOOLSETS for tool in toolset.TOOLS)
