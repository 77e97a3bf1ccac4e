"""What the product promises, tested from outside: whole commands, a console on a terminal, an MCP client library, a real cluster.

Here: the sentences of the README and of the manual that a person would complain about if they were not so. ``program`` runs a command
in a home of its own, ``terminal`` runs the console and reads its screen, ``planted`` puts secrets where they are known to leak from.

Next door: ``tests/unit`` looks inside one room, ``tests/contract`` compares the two clusters, ``tests/faults`` breaks one part. Whether
something belongs here: could a user who never saw the code have written it?
"""
