"""What this process measures of itself: live figures for the metrics pane, Prometheus readings, and the comparison of cache and cluster.

Next door: ``telemetry`` has the meters and the text form. The question that decides: is it a figure about k8sconsole, not about a cluster?
"""
