"""The face for MCP clients: the tool catalogue over standard input and output, in both eras of the protocol.

Here: the server, its transport and its icon (``server``, ``stdio``, ``messages``, ``invalid_requests``, ``icons``), tools and outcomes
as MCP types (``tool_results``), calls and their questions (``calls``, ``questions``), resources and subscriptions (``resources``,
``subscriptions``), prompts and completion (``prompts``, ``completion``), and the entry in a client's configuration (``install``).
Nothing is decided here: the runtime below decides what is listed, allowed or needs approval. ``mcp`` is imported only by the modules that
serve, because that import takes half a second. Next door: ``tools.mcp_client`` is a client of other servers.
"""
