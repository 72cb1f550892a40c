"""The composition root: builds the parts of one box, starts and stops them in order, and owns the only nursery.

    sockets <-> Switchboard <-> Router        every message
                     | observations
        Metrics, LogObserver, StationBook     what can be seen of it
                     |
                 Snapshot -> HTTP thread      page, API, metrics, health

Whatever decides anything is in another module; here is only who knows whom. `run` serves one configuration until it is
cancelled or told to stop by a signal, and takes a new one on SIGHUP.
"""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import SystemRandom
from typing import Final

import structlog
import trio

from localctl import __version__
from localctl.config.model import Config
from localctl.config.reload import Reloaded, changes, reconnects, waiting
from localctl.control import CycleEnd
from localctl.memory import Memory
from localctl.net import tls
from localctl.net.pump import Switchboard
from localctl.net.wires import Wires
from localctl.observe.box_facts import BoxFacts
from localctl.observe.events import EventBook
from localctl.observe.frame_log import FrameLog
from localctl.observe.health import Health
from localctl.observe.lag import LoopLag
from localctl.observe.log_observer import LogObserver
from localctl.observe.log_tail import last_lines
from localctl.observe.logs import set_up_logs
from localctl.observe.metrics import Metrics
from localctl.observe.net_feed import net_samples
from localctl.observe.outage_feed import OutageCounts, outbox_samples
from localctl.observe.service import Notifier, status_line
from localctl.observe.snapshot import CertificateView, Snapshot, SnapshotBox, snapshot_samples
from localctl.observe.stations import StationBook
from localctl.outages import Outages
from localctl.own_requests import own_answer
from localctl.plan import site_plan_of
from localctl.plan_net import certificates_of, edge_of, policies_of
from localctl.site_control import SiteControl
from localctl.store.history import HistoryStore
from localctl.web.app import build_app
from localctl.web.history import History
from localctl.web.local_socket import LocalSocket, usual_groups, usual_path
from localctl.web.operating_api import operating_routes
from localctl.web.outbox_api import outbox_routes
from localctl.web.server import HttpServer
from routing import Instant, LinkId, Observation, Router

CYCLE_S: Final = 1.0
"""How often the picture of the box is made anew."""
GRACE_S: Final = 5.0
"""Peers get this long to hear that the box stops."""
Reader = Callable[[], Config | None]
"""Reads the configuration again; None when it is not usable (it has said why)."""
log = structlog.get_logger("localctl")


class App:
    """One box. Build it, then `run` it once. Raises tls.CertificateProblem for certificates that cannot be used.

    `keep` keeps what was read last as the last good file and may raise OSError; `borrowed` says that this configuration
    is not that of the file, and why; `mistakes` tells what is wrong with the file as it was read last.
    """

    def __init__(
        self,
        config: Config,
        *,
        read_again: Reader = lambda: None,
        keep: Callable[[], None] = lambda: None,
        borrowed: str | None = None,
        mistakes: Callable[[], str] = str,
    ) -> None:
        self.config = self._started_with = config
        self._keep, self._borrowed, self._reloading = keep, borrowed, trio.Lock()
        self.ports: dict[tuple[str, int], int] = {}
        self.http_port = 0
        self._read_again, self._mistakes = read_again, mistakes
        self._loop: trio.lowlevel.TrioToken | None = None
        self._started_at = time.time()
        self._notifier = Notifier()
        self._listening, self._enforced = trio.Event(), trio.Event()
        self.health = Health(waits_for=("listeners", "limits") if config.panel else ("listeners",))
        self._memory = Memory(Path(config.controller.state_dir), self._state_trouble)
        self._trouble: str | None = None
        self._facts = BoxFacts(started_at=self._started_at)
        if borrowed is not None:
            self.health.fault("config", borrowed)
            self._facts.config_borrowed()
        self._book = StationBook(unix_now=time.time)
        self._list_stations(config)
        self._events = EventBook(time.time)
        self._certificates: tuple[CertificateView, ...] = ()
        self._history = History(HistoryStore(Path(config.controller.state_dir)))
        self._logged = LogObserver(structlog.get_logger("localctl.stations"))
        self._lag = LoopLag()
        self.metrics = Metrics()
        self._adoption = self._memory.adoption()
        self._adoption.forget_listed(config)
        policies = policies_of(config, self._adoption.admits)
        own_key, counts = self._memory.own_key(), OutageCounts()
        self.outages = Outages(config, Path(config.controller.state_dir), own_key, counts, self._journal_trouble)
        self.outages.open()
        self.router = Router(
            policies,
            own_key=own_key,
            uniform=SystemRandom().random,
            authorizations=self.outages.authorizations,
            invent=self.outages.journal.next_invented,
            own_answer=own_answer,
        )
        self._frames = FrameLog(self.router, structlog.get_logger("localctl.frames"))
        self._frames.on = config.controller.log_level == "debug"
        self.switchboard = Switchboard(
            self._frames, edge_of(config), self._observe, gatekeeper=self._memory.gatekeeper(), archive=self.outages
        )
        self.site = self._controlled()
        self.box = SnapshotBox(self._snapshot())
        routes = operating_routes(reload=self._reload_from_elsewhere, log=last_lines, token=self._token)
        routes += outbox_routes(self.outages.journal, token=self._token)
        routes += self.site.routes(self.box, self._token) if self.site is not None else []
        pages = build_app(box=self.box, render_metrics=self.metrics.render, routes=routes, history=self._history)
        http = config.http
        self._http = HttpServer(pages, host=http.address, port=http.port, local=self._local_socket())
        self._note_certificates()
        self._feed_metrics(counts)

    def _feed_metrics(self, counts: OutageCounts) -> None:
        for name, feed in (
            ("stations", lambda: snapshot_samples(self.box)),
            ("net", lambda: net_samples(self.switchboard.stats)),
            ("box", self._facts.samples),
            ("lag", self._lag.samples),
            ("outbox", lambda: outbox_samples(self.box)),
            ("outages", counts.samples),
        ):
            self.metrics.add_feed(name, feed)
        if self.site is not None:
            self.site.feed(self.metrics, self.box)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled. Raises OSError or tls.CertificateProblem when it cannot start."""
        self._loop = trio.lowlevel.current_trio_token()
        self.http_port = self._http.start()
        if self._http.local_trouble is not None:
            log.error("no socket for the localctl command", reason=self._http.local_trouble)
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._memory.run)
                nursery.start_soon(self._lag.run)
                nursery.start_soon(self._record)
                await nursery.start(self.outages.run, self.switchboard.backlog_found)
                self.outages.rule(self.router.common, self.config)
                self.ports = await nursery.start(self.switchboard.serve)
                self.health.arrived("listeners")
                self._listening.set()
                nursery.start_soon(self._cycles)
                if self.site is not None:
                    nursery.start_soon(self.site.run)
                    await self._enforced.wait()
                    self.health.arrived("limits")
                if self._borrowed is None:
                    nursery.start_soon(self._kept)
                self.box.put(self._snapshot())
                self._notifier.ready()
                http = f"http://{self.config.http.address}:{self.http_port}/"
                log.info("ready", version=__version__, http=http, socket=self._http.local_path)
                task_status.started()
        finally:
            self._http.stop()
            self._history.close()
            self._notifier.close()

    async def stop(self) -> None:
        """Tell every peer that the box goes away. The caller then cancels `run`."""
        self._notifier.stopping()
        self.health.stop()
        self.box.put(self._snapshot())
        with trio.CancelScope(shield=True):
            await self.switchboard.stop(GRACE_S)

    async def heed_signals(
        self, scope: trio.CancelScope, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """SIGHUP reloads; SIGTERM and SIGINT stop the box in order, then cancel `scope`, and wait for no reload."""
        ask, asked = trio.open_memory_channel[None](1)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._reload_when, asked)
            with trio.open_signal_receiver(signal.SIGHUP, signal.SIGTERM, signal.SIGINT) as signals:
                task_status.started()
                async for number in signals:
                    if number != signal.SIGHUP:
                        break
                    with suppress(trio.WouldBlock):  # the reload that waits already will read the newest file
                        ask.send_nowait(None)
            nursery.cancel_scope.cancel()
        await self.stop()
        scope.cancel()

    async def _reload_when(self, asked: trio.MemoryReceiveChannel[None]) -> None:
        async for _ in asked:
            await self.reload()

    async def reload(self) -> Reloaded:
        """Read the configuration again and use it; a bad one changes nothing. Tells what came of it.

        Stations whose connection is another now come in anew, a few at a time; all others stay. A box that starts
        opens its listeners first.
        """
        await self._listening.wait()
        async with self._reloading:
            if self.health.ready:
                self._notifier.reloading(Instant(time.monotonic()))
            try:
                return await self._reload()
            except Exception as error:
                log.exception("a reload broke off")
                return self._reload_refused(f"a bug of ours: {type(error).__name__}")
            finally:
                self.box.put(self._snapshot())
                if self.health.ready:  # else the start says it, once limits are enforced
                    self._notifier.ready()

    def _reload_from_elsewhere(self) -> Reloaded:
        """The same for another thread, which it blocks. Raises RuntimeError when the loop is not there."""
        if self._loop is None:
            raise RuntimeError("the control loop has not started")
        return trio.from_thread.run(self.reload, trio_token=self._loop)

    async def _reload(self) -> Reloaded:
        config = await trio.to_thread.run_sync(self._read_again)
        if config is None:
            return self._reload_refused("the file has mistakes")
        plan = site_plan_of(config)
        try:
            await self.switchboard.reload(await trio.to_thread.run_sync(edge_of, config))
        except (OSError, ValueError, tls.CertificateProblem) as error:
            return self._reload_refused(str(error))
        self.router.policies = policies_of(config, self._adoption.admits)
        self.outages.rule(self.router.common, config)
        self._adoption.forget_listed(config)
        self._list_stations(config)
        if self.site is not None and plan is not None:
            self.site.control.replan(plan)
        set_up_logs(level=config.controller.log_level, look=config.controller.log_format)
        self._frames.on = config.controller.log_level == "debug"
        found = tuple(changes(self.config, config))
        for change in found:
            log.info("configuration changed", key=change.path, old=change.old, new=change.new, effect=change.effect)
        connected = [link.identity for link in self.switchboard.links()]
        self.switchboard.reconnect(reconnects(self.config, config, connected))
        self.config, self._borrowed = config, None
        self._note_certificates()
        self._note_waiting()
        self._facts.config_taken(at=time.time())
        self.health.clear("reload")
        self.health.clear("config")
        await self._kept()
        log.info("configuration reloaded")
        held = tuple(waiting(self._started_with, config))
        return Reloaded(taken=True, changes=found, waiting=held, mistakes=self._mistakes())

    def _list_stations(self, config: Config) -> None:
        def csms_of(identity: str) -> str | None:
            csms = config.csms_of(identity)
            return None if csms is None else csms.name

        self._book.configured([station.identity for station in config.station], csms_of)

    def _note_waiting(self) -> None:
        keys = ", ".join(waiting(self._started_with, self.config))
        if keys:
            self.health.fault("restart", f"changed in the configuration, in force after a restart: {keys}")
            log.warning("in force after a restart of the service", keys=keys)
        else:
            self.health.clear("restart")

    async def _kept(self) -> None:
        try:
            await trio.to_thread.run_sync(self._keep)
        except OSError as error:
            log.warning("no copy of the good configuration was kept", reason=str(error))

    def _reload_refused(self, reason: str) -> Reloaded:
        self._facts.config_refused()
        self.health.fault("reload", f"the last reload was refused, the old configuration goes on: {reason}")
        log.error("reload refused, the old configuration goes on", reason=reason)
        return Reloaded(taken=False, reason=reason, mistakes=self._mistakes())

    async def _cycles(self) -> None:
        while True:
            if not self._http.alive:
                self.health.fault("http", "the HTTP port has stopped serving")
            snapshot = self._snapshot()
            self.box.put(snapshot)
            self._notifier.status(status_line(snapshot))
            if self.site is None:
                self._notifier.cycle_finished(Instant(trio.current_time()))
            await trio.sleep(CYCLE_S)

    async def _record(self) -> None:
        while True:
            await trio.to_thread.run_sync(self._history.record, self.box.get())
            await trio.sleep(CYCLE_S)

    def _observe(self, link: LinkId, what: Observation, now: Instant) -> None:
        self.metrics.observe(link, what, now)
        self._logged.observe(link, what, now)
        self.outages.observe(link, what)
        self._book.observe(link, what, now)
        self._events.observe(link, what, now)
        self._adoption.observe(what)
        if self.site is not None:
            self.site.control.observe(link, what, now)

    def _snapshot(self) -> Snapshot:
        charging = self.site.picture() if self.site is not None else {}
        stations = self._book.views()
        self._events.compare(charging, self.health.reasons if self.health.ready else (), stations)
        return Snapshot(
            version=__version__, state=self.health.state, reasons=self.health.reasons, started_at=self._started_at,
            taken_at=time.time(), stations=stations, site=self.config.controller.name,
            charging=charging, outbox=self.outages.outbox(),
            events=self._events.views(), certificates=self._certificates,
        )  # fmt: skip

    def _controlled(self) -> SiteControl | None:
        """The site under control; None for a box that only routes."""
        plan = site_plan_of(self.config)
        if plan is None:
            return None
        memory, call, wires = self._memory, self.switchboard.call, Wires(self.switchboard.link_of)
        return SiteControl(
            plan, memory.charging(), call=call, wires=wires, store=memory.store_charging, on_round=self._round
        )

    def _local_socket(self) -> LocalSocket:
        http, state_dir = self.config.http, Path(self.config.controller.state_dir)
        path = usual_path(http.socket, state_dir, environ=os.environ, uid=os.getuid())
        groups = usual_groups(http.socket_groups, environ=os.environ, gid=os.getgid())
        return LocalSocket(path=path, users=http.socket_users, groups=groups)

    def _token(self) -> str | None:
        token = self.config.http.token
        return None if token is None else token.reveal()

    def _round(self, ended: CycleEnd) -> None:
        """A control cycle is over. With a site, only one that did not fail feeds the watchdog and makes the box ready.

        So a box that cannot control is started anew when the watchdog's patience ends, or at the start systemd's own.
        """
        if not ended.failed:
            self._notifier.cycle_finished(Instant(trio.current_time()))
            self._enforced.set()
        if ended.trouble is None:
            self.health.clear("control")
        else:
            self.health.fault("control", ended.trouble)

    def _journal_trouble(self, reason: str | None) -> None:
        if reason is None:
            self.health.clear("journal")
        else:
            self.health.fault("journal", reason)
            log.error("the journal of kept messages is in trouble", reason=reason)

    def _state_trouble(self, reason: str | None) -> None:
        if reason is None:
            self.health.clear("state")
        else:
            self.health.fault("state", reason)
            if reason != self._trouble:
                log.error("state not saved", reason=reason)
        self._trouble = reason

    def _note_certificates(self) -> None:
        found = []
        for use, file in certificates_of(self.config).items():
            ends_at, subject = None, str(file)
            try:
                ends_at, subject = tls.expires_at(file), tls.subject_of(file)
            except tls.CertificateProblem as error:
                log.warning("certificate's end not known", use=use, reason=str(error))
            found.append(CertificateView(use=use, subject=subject, ends_at=ends_at))
        self._certificates = tuple(found)
        self._facts.certificates({one.use: one.ends_at for one in found if one.ends_at is not None})
