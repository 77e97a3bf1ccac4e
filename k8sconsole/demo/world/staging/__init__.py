"""Setting the stage: from a scenario's short forms to a settled cluster.

Here: expanding workloads into manifests, the nodes, the time-lapse that lets the controllers themselves write the cluster's past,
the generator of `large`, certificates, and Helm's releases. Next door: `world.scenario` reads the data file and applies the result.
The question that decides: does it only run before the demo is opened? Then it lives here.
"""
