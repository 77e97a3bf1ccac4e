"""MCP clients as people have them: the TypeScript SDK of both major versions, Inspector's command line, and the Python SDK in both eras."""
