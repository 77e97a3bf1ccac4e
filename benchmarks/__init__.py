"""Benchmarks of the console, and the loads that they run under.

``load`` fills a real cluster with objects that look like those of a company. Every run writes its raw results to ``results/`` as one
JSON file. An important figure is a ratio to something measured in the same run, because machines differ.

``tests`` checks that the console is correct; ``benchmarks`` measures how fast it is. Both start their servers through
``tests.control_plane``. ``k8sconsole`` imports neither.
"""
