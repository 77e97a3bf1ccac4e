"""It reasons: from words to what is to be read. Today that is a small grammar without any language model.

Here: what a question means. Next door: ``tools`` acts under policy and is what an answer is made with; the faces show it.
"""
