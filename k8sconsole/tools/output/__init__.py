"""How a reply is made to fit: its size as sent, the token budget, and the digest of long logs.

Next door: ``pipeline.middleware.shape`` applies it. The question that decides: is it about how much is sent?
"""
