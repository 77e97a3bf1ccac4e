"""The cache file as the console uses it: opening it, its key, and converting it between plain and encrypted.

Next door: ``store.sqlite`` knows what is in the file. The question that decides: is it about which file to open, and with which key?
"""
