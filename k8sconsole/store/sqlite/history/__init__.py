"""Earlier versions of objects: recording them, reading them as of a time, gaps, and retention.

``objects`` stores the present state. A module belongs here if it is about a time before now.
"""
