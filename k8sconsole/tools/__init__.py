"""Tools: everything that a face can do on a cluster, under policy. One registry, and one pipeline that every call passes.

Here: the declaration of a tool (``spec``), the catalogue (``registry``), policy decisions (``policy``), the path of a call (``pipeline``),
the built-in tools (``toolsets``), and the tools of attached MCP servers (``mcp_client``). Next door: ``cluster`` sends requests, ``store``
keeps data, ``runtime`` wires everything. The question that decides: does it do something for a caller, or decide whether that is allowed?
"""
