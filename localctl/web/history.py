"""The timeline's figures: what each panel's limit, allocation and measurement were, from a second to a day ago.

    GET /api/history.json?panel=main&span=86400&since=1800000000

The last quarter of an hour is kept to the second in memory, a day in steps of 15 s on disk (`store.history`), so that
plots survive a restart. Samples are taken from snapshots in a worker thread: the control loop waits for nothing here.
`span` is in seconds; `since` asks only for what is newer. A null between samples is a gap.
"""

import asyncio
from collections import deque
from collections.abc import Iterator, Mapping
from threading import Lock
from time import time
from typing import Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from structlog import get_logger

from localctl.observe.snapshot import Snapshot, SnapshotBox
from localctl.store.history import DAY_S, MOST_PANELS, STEP_S, Amps, HistoryStore, Sample
from localctl.web.headers import HEADERS

log = get_logger(__name__)

FINE_S: Final = 900
PHASES: Final = ("L1", "L2", "L3")
FIGURES: Final = (("limit", "net_a"), ("given", "allocated_a"), ("measured", "measured_a"))
GAPS: Final = 3.0
"""So many steps without a sample are a gap."""


class History:
    """All panels' samples. `record` and `read` may be called from any thread."""

    def __init__(self, store: HistoryStore) -> None:
        self._store = store
        self._lock = Lock()
        self._fine: dict[str, deque[Sample]] = {}
        self._step = 0
        self._panels: tuple[str, ...] | None = None
        self._recorded: float | None = None

    def record(self, snapshot: Snapshot) -> None:
        """Take this snapshot's figures; one without a finished control cycle has none. A bug in here ends nothing."""
        try:
            self._record(snapshot)
        except Exception:
            log.exception("the history of this moment could not be taken")

    def _record(self, snapshot: Snapshot) -> None:
        if snapshot.charging.get("cycle_at") is None or snapshot.taken_at == self._recorded:
            return
        self._recorded = snapshot.taken_at
        samples = dict(_samples(snapshot))
        with self._lock:
            self._fine = {name: self._fine.get(name) or deque(maxlen=FINE_S) for name in samples}
            for name, sample in samples.items():
                self._fine[name].append(sample)
        if self._panels != tuple(samples):
            self._panels = tuple(samples)
            self._store.forget_others(self._panels)
        step = int(snapshot.taken_at // STEP_S)
        if step != self._step:
            self._step = step
            self._store.keep(samples)

    def read(self, panel: str, since: float, until: float, *, fine: bool) -> list[Sample]:
        """A panel's samples after `since`, oldest first."""
        if not fine:
            return self._store.read(panel, since, until)
        with self._lock:
            kept = list(self._fine.get(panel, ()))
        return [sample for sample in kept if since < sample.at <= until]

    def close(self) -> None:
        """Close the file."""
        self._store.close()


def _samples(snapshot: Snapshot) -> Iterator[tuple[str, Sample]]:
    panels: Any = snapshot.charging["panels"]
    for panel in panels[:MOST_PANELS]:
        yield panel["id"], Sample(at=snapshot.taken_at, amps=_amps(panel["phases"]))


def _amps(phases: Mapping[str, Any]) -> Amps:
    return tuple(phases[name][member] if name in phases else None for name in PHASES for _, member in FIGURES)


class HistoryApi:
    """The route. One reader at a time is served from disk: a crowd must not keep the box busy."""

    def __init__(self, box: SnapshotBox, history: History) -> None:
        self._box, self._history = box, history
        self._turn = asyncio.Semaphore(1)

    async def read(self, request: Request) -> Response:
        """The figures of one panel as columns; 400 for what cannot be asked, 404 for a panel that is not there."""
        panels: Any = self._box.get().charging.get("panels", ())
        names = {panel["id"]: sorted(panel["phases"]) for panel in panels}
        panel = request.query_params.get("panel") or next(iter(names), "")
        if panel not in names:
            known = ", ".join(sorted(names)[:50]) or "none"
            return JSONResponse({"error": f"no panel {panel[:60]!r} here; there are {known}"}, 404, headers=HEADERS)
        try:
            span, since = _number(request, "span", DAY_S), _number(request, "since", 0.0)
        except ValueError as problem:
            return JSONResponse({"error": str(problem)}, 400, headers=HEADERS)
        async with self._turn:
            body = await run_in_threadpool(self._body, panel, names[panel], min(span, DAY_S), since)
        return Response(body, media_type="application/json", headers=HEADERS)

    def _body(self, panel: str, phases: list[str], span: float, since: float) -> bytes:
        now, fine = time(), span <= FINE_S
        samples = self._history.read(panel, max(since, now - span), now, fine=fine)
        return msgspec.json.encode(columns(panel, phases, samples, 1.0 if fine else STEP_S))


def columns(panel: str, phases: list[str], samples: list[Sample], step_s: float) -> dict[str, object]:
    """The samples as columns, which is what plots want: instants, and per phase three rows of amperes."""
    rows = list(_with_gaps(samples, step_s))
    shown = {
        phase: {
            figure: [amps[PHASES.index(phase) * len(FIGURES) + place] for _, amps in rows]
            for place, (figure, _) in enumerate(FIGURES)
        }
        for phase in phases
    }
    return {"panel": panel, "step_s": step_s, "at": [round(at, 1) for at, _ in rows], "phases": shown}


def _with_gaps(samples: list[Sample], step_s: float) -> Iterator[tuple[float, Amps]]:
    before: float | None = None
    for sample in samples:
        if before is not None and sample.at - before > GAPS * step_s:
            yield before + step_s, (None,) * (len(PHASES) * len(FIGURES))
        yield sample.at, sample.amps
        before = sample.at


def _number(request: Request, name: str, usual: float) -> float:
    said = request.query_params.get(name)
    if said is None:
        return usual
    if not (len(said) <= 20 and said.replace(".", "", 1).isdigit() and said.isascii()):
        raise ValueError(f"{name} must be a number of seconds, is {said[:20]!r}")
    return float(said)
