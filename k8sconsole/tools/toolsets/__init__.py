"""The tools, by subject, each module with its inputs, outputs and handlers, and a tuple ``TOOLS``. They stand alone: none imports another.

What several of them need (reading rows, fitting a budget, finding a pod) is one floor down in ``tools``.
"""
