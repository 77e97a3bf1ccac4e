"""The desk, for every test of the tools."""

from tests.tool_desk import bare, cluster, demo, desk, store

__all__ = ["bare", "cluster", "demo", "desk", "store"]
