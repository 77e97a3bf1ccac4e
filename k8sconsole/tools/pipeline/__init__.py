"""The one path of every tool call: the pipeline, its middleware, and the state that the middleware keeps.

Next door: ``toolsets`` holds the tools. The question that decides: does it apply to every call, whatever the tool?
"""
