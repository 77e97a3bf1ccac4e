"""The command line: names, options, printing and exit codes. One module a command; each is imported when its command is asked for.

What a command does lives in ``runtime`` and below. Next door: ``tui`` and ``mcp_server`` are the other faces.
"""

COMMANDS = ("tui", "demo", "scan", "get", "history", "diff", "tools", "mcp", "cache", "config", "doctor", "version")
"""Every command; each has a module of its name in this package, imported when the command runs."""
