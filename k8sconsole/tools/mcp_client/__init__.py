"""Tools that other MCP servers provide: found, watched, and lent to the catalogue under this program's own policy.

Here: the way to a server (``pipes``, ``link``), a tool of its as one of ours (``adopting``), one server's life (``attached``), all of them
together (``attachments``), and the scanner's reading through one (``sources``). Next door: the registry and the pipeline treat these tools
like any other. What a server says of itself, its annotations included, is a claim. With ``mcp_server`` the only room that imports ``mcp``,
and only once a server is attached.
"""
