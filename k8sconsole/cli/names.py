"""The names of the commands; each has a module of its name beside this one."""

COMMANDS = ("tui", "demo", "scan", "get", "history", "diff", "tools", "mcp", "cache", "config", "doctor", "version")
