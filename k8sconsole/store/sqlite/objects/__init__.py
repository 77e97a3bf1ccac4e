"""The present objects: writing batches, reading rows and bodies, filtering.

``history`` stores earlier versions. A module belongs here if it is about the newest version of an object.
"""
