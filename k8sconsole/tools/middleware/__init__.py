"""The steps of the one way a call goes, each a small class with ``async __call__(passage, proceed)``: it may refuse, wait, look, or change
the reply.

A step knows nothing of the others; their order is ``pipeline.steps``. What a particular tool does is next door, in ``toolsets``.
"""
