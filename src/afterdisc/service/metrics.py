"""Counts and times of requests, for whoever watches the server: by route and status, never by person."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """The counters of one running workspace."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter("afterdisc_requests", "Requests answered", ["route", "status"], registry=self.registry)
        self._seconds = Histogram(
            "afterdisc_request_seconds", "Time to answer", ["route"], buckets=BUCKETS, registry=self.registry
        )

    def note(self, route: str, status: int, seconds: float) -> None:
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        return generate_latest(self.registry)
