"""The face for MCP clients: the tools of the catalogue over standard input and output, in both eras of the protocol.

Here: how a tool and its outcome look to a client (``presenting``), how a call is carried and a question put to the client's user
(``calls``, ``questions``), the server and its transport (``server``, ``stdio``), and the entry in a client's configuration (``install``).
Nothing is decided here: what may be listed, called or needs an answer is the runtime's, below. The only room that imports ``mcp``, and
only inside the modules that serve, since that import takes half a second.
"""
