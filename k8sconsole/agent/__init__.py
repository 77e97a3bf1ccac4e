"""It reasons: from words to what is to be read. Today that is a small grammar without any language model.

Here: what a question means, and what a word of it that is being typed may become. Next door: ``tools`` acts under policy and is what an
answer is made with; the faces show it.
"""
