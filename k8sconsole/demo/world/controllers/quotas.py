"""ResourceQuotas: the status shows how much of each limit the namespace uses."""

from collections.abc import Iterable
from typing import ClassVar

from k8sconsole.demo.world.amounts import format_quantity, parse_quantities
from k8sconsole.demo.world.controller import BaseController, Key, ObjectChange, Router, route_spec_change
from k8sconsole.demo.world.kinds import PODS, QUOTAS
from k8sconsole.demo.world.pods import is_finished
from k8sconsole.demo.world.quota_rules import COUNTED, namespace_usage


class QuotaController(BaseController):
    name: ClassVar[str] = "resourcequota"
    primary = QUOTAS

    def routes(self) -> dict[str, Router]:
        counted = {resource.key: self._route_created_or_deleted for resource in COUNTED.values()}
        return {QUOTAS.key: route_spec_change, PODS.key: self._route_pod_change, **counted}

    def reconcile(self, key: Key) -> float | None:
        quota = self.context.find(QUOTAS, key)
        if quota is not None:
            hard = quota.get("spec", {}).get("hard", {})
            used = namespace_usage(self.store, key[0], parse_quantities(hard))
            status = {"hard": hard, "used": {name: format_quantity(name, used[name]) for name in hard}}
            self.context.set_status(QUOTAS, quota, status)
        return None

    def _route_created_or_deleted(self, change: ObjectChange) -> Iterable[Key]:
        return self.store.list_keys(QUOTAS, change.namespace) if change.deleted or not change.previous_raw else ()

    def _route_pod_change(self, change: ObjectChange) -> Iterable[Key]:
        quotas = self.store.list_keys(QUOTAS, change.namespace)
        if not quotas or change.deleted or not change.previous_raw:
            return quotas
        return quotas if is_finished(change.object) != is_finished(change.previous) else ()
