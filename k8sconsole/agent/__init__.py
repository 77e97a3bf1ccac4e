"""Understands questions in plain English, without a language model.

Here: the intent of a question, and the completion of a question that is being typed. Next door: ``tools`` reads and changes under policy;
the faces show the answer. The question that decides: is it about what a person means?
"""
