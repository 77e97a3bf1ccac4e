"""The fixtures of the tool harness, for every test in this folder."""

from tests.tool_harness import bare, cluster, demo, harness, shared_harness, store

__all__ = ["bare", "cluster", "demo", "harness", "shared_harness", "store"]
