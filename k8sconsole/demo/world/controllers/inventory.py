"""Every controller of the world, in the order in which they are asked.

`PAST` leaves out those that only make a present alive; `STILL` those by which something happens that nobody asked for.
"""

from k8sconsole.demo.world.controller import Controller
from k8sconsole.demo.world.controllers.autoscalers import Autoscalers
from k8sconsole.demo.world.controllers.budgets import Budgets
from k8sconsole.demo.world.controllers.cronjobs import CronJobs
from k8sconsole.demo.world.controllers.daemonsets import DaemonSets
from k8sconsole.demo.world.controllers.deployments import Deployments
from k8sconsole.demo.world.controllers.endpoints import Endpoints
from k8sconsole.demo.world.controllers.events import EventExpiry
from k8sconsole.demo.world.controllers.garbage import Garbage
from k8sconsole.demo.world.controllers.jobs import Jobs
from k8sconsole.demo.world.controllers.lifecycle import Life
from k8sconsole.demo.world.controllers.namespaces import Namespaces
from k8sconsole.demo.world.controllers.nodes import Nodes, Taints
from k8sconsole.demo.world.controllers.quotas import Quotas
from k8sconsole.demo.world.controllers.replicasets import ReplicaSets
from k8sconsole.demo.world.controllers.scheduler import Scheduler
from k8sconsole.demo.world.controllers.services import Services
from k8sconsole.demo.world.controllers.statefulsets import StatefulSets
from k8sconsole.demo.world.controllers.volumes import Claims
from k8sconsole.demo.world.kubelet.eviction import Evictions
from k8sconsole.demo.world.kubelet.pods import Kubelet

WORKLOADS: tuple[type[Controller], ...] = (Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs)
SUPPORT: tuple[type[Controller], ...] = (
    Namespaces,
    Claims,
    Scheduler,
    Kubelet,
    Taints,
    Evictions,
    Services,
    Endpoints,
    Quotas,
    Budgets,
    Garbage,
)
PAST: tuple[type[Controller], ...] = WORKLOADS + SUPPORT
STILL: tuple[type[Controller], ...] = (*PAST, Nodes)
EVERY: tuple[type[Controller], ...] = (*PAST, EventExpiry, CronJobs, Autoscalers, Nodes, Life)
