"""All controllers, in the order in which they start.

`PAST_CONTROLLERS` are those that run in a time-lapse. `STILL_CONTROLLERS` omit the ones that start something on their own: cron jobs,
autoscaling, event expiry and rollouts.
"""

from k8sconsole.demo.world.controller import BaseController
from k8sconsole.demo.world.controllers.autoscalers import AutoscalerController
from k8sconsole.demo.world.controllers.budgets import DisruptionBudgetController
from k8sconsole.demo.world.controllers.cronjobs import CronJobController
from k8sconsole.demo.world.controllers.daemonsets import DaemonSetController
from k8sconsole.demo.world.controllers.deployments import DeploymentController
from k8sconsole.demo.world.controllers.endpoints import EndpointsController
from k8sconsole.demo.world.controllers.events import EventExpiryController
from k8sconsole.demo.world.controllers.garbage import GarbageCollector
from k8sconsole.demo.world.controllers.jobs import JobController
from k8sconsole.demo.world.controllers.lifecycle import RolloutController
from k8sconsole.demo.world.controllers.namespaces import NamespaceController
from k8sconsole.demo.world.controllers.nodes import NodeController, TaintController
from k8sconsole.demo.world.controllers.quotas import QuotaController
from k8sconsole.demo.world.controllers.replicasets import ReplicaSetController
from k8sconsole.demo.world.controllers.scheduler import Scheduler
from k8sconsole.demo.world.controllers.services import ServiceController
from k8sconsole.demo.world.controllers.statefulsets import StatefulSetController
from k8sconsole.demo.world.controllers.volumes import VolumeClaimController
from k8sconsole.demo.world.kubelet.eviction import EvictionController
from k8sconsole.demo.world.kubelet.pods import Kubelet

WORKLOADS: tuple[type[BaseController], ...] = (
    DeploymentController,
    ReplicaSetController,
    StatefulSetController,
    DaemonSetController,
    JobController,
)
SUPPORT: tuple[type[BaseController], ...] = (
    NamespaceController,
    VolumeClaimController,
    Scheduler,
    Kubelet,
    TaintController,
    EvictionController,
    ServiceController,
    EndpointsController,
    QuotaController,
    DisruptionBudgetController,
    GarbageCollector,
)
PAST_CONTROLLERS: tuple[type[BaseController], ...] = WORKLOADS + SUPPORT
STILL_CONTROLLERS: tuple[type[BaseController], ...] = (*PAST_CONTROLLERS, NodeController)
ALL_CONTROLLERS: tuple[type[BaseController], ...] = (
    *PAST_CONTROLLERS,
    EventExpiryController,
    CronJobController,
    AutoscalerController,
    NodeController,
    RolloutController,
)
