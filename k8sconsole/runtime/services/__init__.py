"""The services that make up a console, one module a topic: cluster selection, API resources, cache, history, tools, scanning.

Next door: ``runtime.console`` builds them and closes them in order. The question that decides: would a face ask for it by name?
"""
