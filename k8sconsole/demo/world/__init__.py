"""The moving half of the demo cluster: what makes its objects live.

Here: time (`clock`), seeds, the work queue, the controllers that drive objects towards their specs (`controllers/`), the simulated
kubelet (`kubelet/`), the loading of scenarios from data files (`scenario`, `staging/`), pod logs (`podlogs`) and resource use (`usage`).
Next door: `demo.storage` keeps the objects, `demo.api` speaks HTTP, `demo.server` composes both with a `run.World`.
The question that decides: would a part of a real cluster *other than* its API server have done it? Then it lives here.

Nothing here reads the machine's clock or an unseeded random source: with a fixed clock, two worlds of one seed are equal byte for byte.
"""
