"""The four ways to change an object by describing the change: JSON patch, merge patch, strategic merge, server-side apply.

`keys` says which lists are maps in disguise, `fields` who owns what, `apply` merges and finds conflicts. Whether the outcome is
acceptable is asked in `admission`, next door.
"""
