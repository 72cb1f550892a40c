"""What Prometheus scrapes: counters fed by what the router noticed, and feeds read when somebody asks.

Two threads meet here. The control loop calls `Metrics.observe` for each thing that happened, which costs about a
microsecond: a dictionary look-up and an integer. The HTTP thread calls `Metrics.render`, which asks every feed for its
samples and writes the text. Rendering takes milliseconds and so never happens on the control loop.

A feed is a function that yields samples of rows of the catalogue; another part of the box joins with
`metrics.add_feed("charging", charging_samples)`. A feed that fails is reported by `localctl_metrics_feed_up`; the rest
of the page is still served.
"""

import platform
from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, ProcessCollector, exposition
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar as PrometheusExemplar

import localctl
from localctl.observe import catalogue as rows
from localctl.observe.catalogue import ROWS
from localctl.observe.row import Row
from localctl.observe.tally import Distribution, Sample, Tally
from routing import observations as seen
from routing.actions import known, unsigned
from routing.values import Instant, Leg, LinkId

Feed = Callable[[], Iterable[Sample]]

OPENMETRICS = "application/openmetrics-text"
SUBPROTOCOLS = frozenset(rows.LINKS_OPENED.labels[0].values)
KNOWN_CODES = frozenset(rows.ERROR_CODES)


def action_label(action: str) -> str:
    """The action where an OCPP version knows it, else `other`: a peer that invents names must not invent series."""
    return unsigned(action) if known(action) else "other"


class RoutingCounts:
    """Counts the router's observations. One writer: the control loop."""

    def __init__(self) -> None:
        self.opened = Tally(rows.LINKS_OPENED)
        self.refused = Tally(rows.LINKS_REFUSED)
        self.lost = Tally(rows.LINKS_LOST)
        self.received = Tally(rows.CALLS_RECEIVED)
        self.calls = Tally(rows.CALLS)
        self.errors = Tally(rows.CALL_ERRORS)
        self.timed_out = Tally(rows.CALLS_TIMED_OUT)
        self.own_calls = Tally(rows.OWN_CALLS)
        self.follow_ups = Tally(rows.FOLLOW_UPS)
        self.dropped = Tally(rows.FRAMES_DROPPED)
        self.boots = Tally(rows.BOOTS)
        self.security = Tally(rows.SECURITY_CHANGES)
        self.outages = Tally(rows.OUTAGES)
        self.replayed = Tally(rows.REPLAYED)
        self.late_refusals = Tally(rows.LATE_REFUSALS)
        self.caps = Tally(rows.ENERGY_CAPS)
        self.latency = {leg: Distribution(rows.LATENCY_S) for leg in Leg}

    def observe(self, what: seen.Observation) -> None:
        """Count one observation. The two that come with every CALL are asked for first."""
        match what:
            case seen.CallAnswered():
                self._answered(what)
            case seen.CallSeen(leg=leg):
                self.received.add(leg.value)
            case seen.CallExpired(to=leg, action=action, own=own):
                self.timed_out.add(leg.value)
                if not own:
                    self.calls.add_with_siblings(action_label(action), "expired")
            case seen.OwnCallEnded(action=action, verdict=verdict, late=late):
                self.own_calls.add_with_siblings(action_label(action), "late" if late else verdict)
            case seen.FollowUpArrived():
                self.follow_ups.add()
            case seen.FrameDropped(leg=leg, cause=cause):
                self.dropped.add(leg.value, cause)
            case seen.StationBooted(registration=registration):
                self.boots.add(registration.value)
            case _:
                self._observe_link(what)

    def _observe_link(self, what: seen.Observation) -> None:
        match what:
            case seen.LinkOpened(subprotocol=subprotocol):
                self.opened.add(subprotocol if subprotocol in SUBPROTOCOLS else "other")
            case seen.LinkRefused(cause=cause):
                self.refused.add(cause)
            case seen.LinkLost(cause=cause):
                self.lost.add(cause)
            case seen.PasswordChanged():
                self.security.add("password")
            case seen.NetworkProfileSet():
                self.security.add("network_profile")
            case seen.RootCertificateChanged(change=change):
                self.security.add(f"root_certificate_{change}")
            case _:
                self._observe_outage(what)

    def _observe_outage(self, what: seen.Observation) -> None:
        match what:
            case seen.OutageBegan(carried=carried):
                self.outages.add("carried" if carried else "held")
            case seen.OutageEnded():
                self.outages.add("ended")
            case seen.BacklogDone():
                self.outages.add("caught_up")
            case seen.Replayed(verdict=verdict):
                self.replayed.add(verdict)
            case seen.LateRefusal(stopped=stopped):
                self.late_refusals.add("stopped" if stopped else "left")
            case seen.CapReached():
                self.caps.add()

    def _answered(self, what: seen.CallAnswered) -> None:
        self.calls.add_with_siblings(action_label(what.action), what.verdict)
        if what.verdict == "carried":  # nobody but the box itself answered: that is no peer's latency
            return
        answerer = what.leg.other
        self.latency[answerer].add(what.latency_s, what.message_id)
        if what.verdict == "error":
            code = what.error_code
            self.errors.add(answerer.value, code if code in KNOWN_CODES else "other")

    def samples(self) -> Iterator[Sample]:
        """All of it, for a scrape."""
        for tally in (
            self.opened, self.refused, self.lost, self.received, self.calls, self.errors, self.timed_out,
            self.own_calls, self.follow_ups, self.dropped, self.boots, self.security,
            self.outages, self.replayed, self.late_refusals, self.caps,
        ):  # fmt: skip
            yield from tally.samples()
        for leg, distribution in self.latency.items():
            yield rows.CALL_LATENCY, (leg.value,), distribution


class Metrics(Collector):
    """All metrics of one box, in a registry of their own (10 of issue 2)."""

    def __init__(self) -> None:
        self._routing = RoutingCounts()
        self._feeds: dict[str, Feed] = {"routing": self._routing.samples, "build": _build_samples}
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def observe(self, link: LinkId, what: seen.Observation, now: Instant) -> None:
        """Count what the router noticed. Cheap enough for every frame; called by the control loop only."""
        self._routing.observe(what)

    def add_feed(self, name: str, feed: Feed) -> None:
        """Let another part of the box give its figures at each scrape. The feed runs in the HTTP thread."""
        self._feeds[name] = feed

    def render(self, accept: str = "") -> tuple[bytes, str]:
        """The page and its content type, in OpenMetrics where the reader takes it. Called off the control loop."""
        if OPENMETRICS in accept:
            page: bytes = openmetrics.generate_latest(self._registry)  # type: ignore[no-untyped-call]
            return page, openmetrics.CONTENT_TYPE_LATEST
        return exposition.generate_latest(self._registry), exposition.CONTENT_TYPE_PLAIN_0_0_4

    def collect(self) -> Iterator[Metric]:
        """Every row of the catalogue, in its order, with what the feeds know about it."""
        found: dict[str, dict[tuple[str, ...], float | Distribution]] = {
            row.name: {labels: _nothing(row) for labels in row.series_at_start()} for row in ROWS
        }
        for row, labels, figure in self._ask_feeds():
            found[row.name][labels] = figure
        for row in ROWS:
            yield _family(row, found[row.name])

    def _ask_feeds(self) -> Iterator[Sample]:
        for name, feed in list(self._feeds.items()):
            samples: list[Sample] = []
            up = 1
            try:
                samples.extend(feed())
            except Exception:  # whatever one part does wrong, the others' figures are still served
                samples, up = [], 0
            yield from samples
            yield rows.FEED_UP, (name,), up


def _build_samples() -> Iterator[Sample]:
    yield rows.BUILD_INFO, (localctl.__version__, platform.python_version()), 1


def _nothing(row: Row) -> float | Distribution:
    return Distribution(row.buckets) if row.kind == "histogram" else 0


def _family(row: Row, found: dict[tuple[str, ...], float | Distribution]) -> Metric:
    names = [label.name for label in row.labels]
    if row.kind == "histogram":
        histogram = HistogramMetricFamily(row.name, row.help, labels=names, unit=row.unit)
        for labels, figure in found.items():
            if isinstance(figure, Distribution):
                histogram.add_metric(_printable(labels), _buckets(figure), figure.total)
        return histogram
    kind = CounterMetricFamily if row.kind == "counter" else GaugeMetricFamily
    family = kind(row.name, row.help, labels=names, unit=row.unit)
    for labels, figure in found.items():
        if not isinstance(figure, Distribution):
            family.add_metric(_printable(labels), figure)
    return family


def _buckets(figure: Distribution) -> list[tuple[str, float] | tuple[str, float, PrometheusExemplar]]:
    return [
        (bound, count, PrometheusExemplar({"message_id": exemplar[0]}, exemplar[1])) if exemplar else (bound, count)
        for bound, count, exemplar in figure.cumulative()
    ]


def _printable(labels: tuple[str, ...]) -> list[str]:
    """Label values that can be written as UTF-8 whatever a peer put into its identity."""
    return [value.encode("utf-8", "replace").decode("utf-8") for value in labels]
