"""The single path of every tool call: the pipeline, its steps, and the state that the steps share.

Next door: ``toolsets`` holds the tools. The question that decides: does it apply to every call, whatever the tool?
"""
