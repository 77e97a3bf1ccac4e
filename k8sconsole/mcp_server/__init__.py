"""The face for MCP clients: the tools of the catalogue, and what they answer, over standard input and output, in both eras of the protocol.

Here: how a tool and its outcome look to a client (``presenting``, ``icons``), how a call is carried and a question put to the client's user
(``calls``, ``questions``), what can be read by address (``resources``) and followed (``subscriptions``), ways to begin (``prompts``) and
what may be typed (``completion``), the server and its transport (``server``, ``stdio``), and the entry in a client's configuration
(``install``).
Nothing is decided here: what may be listed, called or needs an answer is the runtime's, below. ``mcp`` is imported here and in
``tools.mcp_client``, where other servers are asked; here only inside the modules that serve, since that import takes half a second.
"""
