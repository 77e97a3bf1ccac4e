"""The steps of the pipeline, usually one per module. Each is called as ``step(invocation, proceed)``.

A step may refuse the call, wait, or change the reply. A step does not know the others; ``Pipeline.steps`` defines their order. What one
tool does is next door, in ``toolsets``.
"""
