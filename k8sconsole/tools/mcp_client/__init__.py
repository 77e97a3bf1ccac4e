"""The MCP client: tools of attached MCP servers, called under this program's own policy.

Here: one server (``server``) over its transport and session (``stdio_transport``, ``session``), its tools as tools of the registry
(``tool_adapter``), all servers (``servers``), and scanning a cluster through a server (``scan_source``). Next door: the registry and the
pipeline treat these tools like built-in ones. What a server declares about itself, annotations included, is not trusted. Only this package
and ``mcp_server`` import ``mcp``, and only once a server is attached.
"""
