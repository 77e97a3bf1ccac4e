"""What the console measures of itself: live figures, KPIs, and Prometheus' text format."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from k8sconsole.kit.clock import Clock
from k8sconsole.model.indicators import RECORDED_FACTS, Indicator, compute_indicators
from k8sconsole.runtime.metrics.live import LiveFigures, LiveMetrics
from k8sconsole.store.port import Store

if TYPE_CHECKING:
    from k8sconsole.tools.pipeline.pipeline import Pipeline

WINDOW = 86_400.0
"""Seconds that the KPIs cover."""


class MetricsService:
    """The MetricsApi. pipeline: returns the pipeline, which is built by the first call."""

    def __init__(self, store: Store, clock: Clock, live: LiveMetrics, pipeline: "Callable[[], Pipeline]") -> None:
        self._store = store
        self._clock = clock
        self._live = live
        self._pipeline = pipeline

    async def live(self) -> LiveFigures:
        return self._live.read()

    async def indicators(self) -> list[Indicator]:
        now = self._clock.now()
        samples = {name: await self._store.audit.figures(name, now - WINDOW) for name in RECORDED_FACTS}
        return compute_indicators(samples, now - WINDOW, now)

    async def prometheus(self) -> str:
        from k8sconsole.telemetry.exposition import render_metrics

        return render_metrics(self._pipeline().meters)

    async def prometheus_of_cache(self) -> str:
        from k8sconsole.runtime.metrics.prometheus import format_stored_metrics

        return await format_stored_metrics(self._store, self._clock.now() - WINDOW)
