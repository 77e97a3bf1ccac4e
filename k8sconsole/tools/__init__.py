"""Acting on a cluster, under policy: one registry of tools, one pipeline that every call passes, whichever face it comes from.

Here: what a tool is (``spec``), the catalogue (``registry``), the guardrails (``policy``), the way a call goes (``pipeline`` and
``middleware``), and the tools themselves: our own (``toolsets``) and those that other MCP servers lend (``providers``). Next door:
``cluster`` reaches, ``store`` remembers, ``runtime`` wires, the faces ask. A module belongs here when it decides whether something may be
done, or does it.
"""
