"""Attached MCP servers of others: well-mannered ones, and one that is not."""
