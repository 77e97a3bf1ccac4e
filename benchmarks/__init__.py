"""Measurements of the console, and the loads they are taken under.

``load`` fills a real cluster with objects that look like a company's. Raw results are kept in ``results/``, one JSON file a
run; a figure that matters is a ratio to something measured in the same run, because machines differ.

Next door: ``tests`` says whether the console is right, this says how fast; the servers for both come from
``tests.control_plane``. Nothing in ``k8sconsole`` imports either.
"""
