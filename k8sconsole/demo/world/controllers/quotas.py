"""ResourceQuotas: how much of each limit a namespace uses."""

from collections.abc import Iterable
from typing import ClassVar

from k8sconsole.demo.world.amounts import amounts, spelled
from k8sconsole.demo.world.controller import BaseController, Key, ObjectChange, Router, spec_changed
from k8sconsole.demo.world.kinds import PODS, QUOTAS
from k8sconsole.demo.world.pods import finished
from k8sconsole.demo.world.quota_rules import COUNTED, usage


class QuotaController(BaseController):
    name: ClassVar[str] = "resourcequota"
    primary = QUOTAS

    def watches(self) -> dict[str, Router]:
        counted = {resource.key: self._came_or_went for resource in COUNTED.values()}
        return {QUOTAS.key: spec_changed, PODS.key: self._pod_changed, **counted}

    def reconcile(self, key: Key) -> float | None:
        quota = self.context.find(QUOTAS, key)
        if quota is not None:
            hard = quota.get("spec", {}).get("hard", {})
            used = usage(self.store, key[0], amounts(hard))
            status = {"hard": hard, "used": {name: spelled(name, used[name]) for name in hard}}
            self.context.set_status(QUOTAS, quota, status)
        return None

    def _came_or_went(self, change: ObjectChange) -> Iterable[Key]:
        return self.store.names(QUOTAS, change.namespace) if change.gone or not change.previous_raw else ()

    def _pod_changed(self, change: ObjectChange) -> Iterable[Key]:
        quotas = self.store.names(QUOTAS, change.namespace)
        if not quotas or change.gone or not change.previous_raw:
            return quotas
        return quotas if finished(change.object) != finished(change.previous) else ()
