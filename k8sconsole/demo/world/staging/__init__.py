"""Building a cluster from a scenario file. This runs once, before the demo starts.

`scenario_file` defines the file's keys and `scenario_builder` turns them into timed actions. `time_lapse` performs these with the
controllers running, which creates the cluster's history. `manifests`, `podspec` and `nodes` expand the short forms into objects.
`certificates` and `releases` make TLS secrets and Helm releases. `large` and `failure_scenarios` generate the large cluster.
`world.scenario` reads the file and applies it.
"""
