"""Several processes on one cache file: the lease that says which of them scans, and how the others follow it and ask for a rescan.

Next door: ``reflector`` reads. The question that decides: would it be needed if only one process existed?
"""
