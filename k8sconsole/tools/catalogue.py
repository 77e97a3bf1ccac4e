"""Every built-in tool, in the order in which a catalogue shows them: those that read, then those that change."""

from collections.abc import Iterator
from importlib import import_module

from k8sconsole.tools.registry import Registry
from k8sconsole.tools.spec import ToolSpec

READING = (
    "clusters",
    "kinds",
    "lists",
    "searching",
    "objects",
    "describing",
    "logs",
    "rollouts",
    "usage",
    "access",
    "cache",
    "history",
    "helm",
)
WRITING = ("deployments", "manifests", "deletion", "workloads", "nodes", "running", "marking", "cronjobs", "undoing")


def builtin_registry() -> Registry:
    """A toolset is loaded when one of its tools is asked for, or one that comes after it: the scanner needs two of the first."""
    return Registry(_tools())


def _tools() -> Iterator[ToolSpec]:
    for module in (*READING, *WRITING):
        yield from import_module(f"k8sconsole.tools.toolsets.{module}").TOOLS
