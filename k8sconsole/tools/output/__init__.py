"""Fitting replies: the size as sent, the token budget, and the digest of long logs.

Next door: the pipeline's ``reply_filters`` apply it. The question that decides: is it about how much is sent?
"""
