"""What changing tools share: edits, dry runs, impact, field owners, disruption budgets, drain, and undo.

Next door: ``toolsets`` declares the tools, ``pipeline`` decides whether they run. The question that decides: does it prepare or undo
a change?
"""
