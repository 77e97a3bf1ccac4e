"""One middleware a module. Each is called as ``step(invocation, proceed)``: it may refuse, wait, inspect, or change
the reply.

A step knows nothing of the others; their order is ``pipeline.steps``. What a particular tool does is next door, in ``toolsets``.
"""
