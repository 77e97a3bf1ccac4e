"""What is dangerous in an object or in a change of one, so that an approval question can show it first and whole. Pure functions.

Next door: ``tools/changes`` reads what an object does not hold itself, such as the rules of the role that a binding names.
"""
