"""The terminal console. It shows data and sends requests; it makes no decisions.

Here: the app, its panes and screens, the registry of actions, themes, and how model types look. What it knows it asks of the console on
its own thread (``runtime.embedded``), and every change goes through one call there. Next door: ``cli`` starts it, ``runtime`` answers it.
textual is imported in this room only.
"""
