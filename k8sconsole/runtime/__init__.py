"""The composition root: it builds the parts once, wires them, supervises them, publishes what happened, and closes them in order.

Here: the console that the faces speak to, the bus, pending questions, the clusters in use, the demo. The faces above decide nothing and
see only this room and ``model``; the rooms below do not know that it exists.
"""
