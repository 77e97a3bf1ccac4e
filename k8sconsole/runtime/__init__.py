"""The composition root: it builds the parts once, wires them, and closes them in order.

Here: the typed interface of the faces (``api``), the console that implements it (``console``) and serves it on another thread
(``embedded``), the clusters in use, the bus, and the demo. ``services`` has one module a topic of the interface. The faces above see only
this room and ``model``; the rooms below do not know that it exists. The question that decides: does it wire parts together?
"""
