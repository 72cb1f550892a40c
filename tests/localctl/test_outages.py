"""The box's means for outages, with a real journal: what is written, what comes back, what is counted and told."""

from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from localctl.config.model import Config
from localctl.net.keeping import KEEPING, Keeping
from localctl.observe.outage_feed import OutageCounts
from localctl.outages import SHOWN_LETTERS, Outages
from routing import Router, StationPolicy
from routing import observations as seen
from routing.carrying.items import Alias, Item, Kind, Row
from routing.commands import Fetch, Keep, Observe, Send
from routing.common import Common
from routing.events import StationArrived
from routing.policy import OutagePolicy
from routing.values import Instant, LinkId
from tests.localctl import boxes
from tests.localctl.boxes import until
from tests.routing.carrying.cupboard import event
from tests.routing.playbook import L1, V201, accepted, call, csms, csms_lost, result, station

KEY = b"the box's own key, 32 bytes long"
TOKEN, GROUP = "04E1D5C2B3A180", "FLEET-4711"
ASKED = f'{{"idToken":{{"idToken":"{TOKEN}","type":"ISO14443"}}}}'.encode()
SAID = f'{{"idTokenInfo":{{"status":"Accepted","groupIdToken":{{"idToken":"{GROUP}","type":"Central"}}}}}}'.encode()


def config(folder: Path, more: str = "") -> Config:
    return boxes.config(folder, more=f"[outage]\n{more}")


class Box:
    """Outages at work, and what became of them."""

    def __init__(self, folder: Path, more: str = "", key: bytes = KEY) -> None:
        self.counts = OutageCounts()
        self.troubles: list[str | None] = []
        self.found: list[str] = []
        self.outages = Outages(config(folder, more), folder, key, self.counts, self.troubles.append)

    async def keep(self, number: int, identity: str = "CS-1", kind: Kind = Kind.TRANSACTION, merge: str = "") -> bool:
        item = Item(
            kind=kind, action="TransactionEvent", message_id=f"m{number}", payload=event(f"t{number}", 0, "Started"),
            merge=merge, transaction=f"t{number}",
        )  # fmt: skip
        answer = await self._asked(lambda done: self.outages.keep(identity, item, done))
        return answer[0] is not None

    async def oldest(self, identity: str = "CS-1") -> Row:
        found = await self._asked(lambda done: self.outages.oldest(identity, done))
        assert isinstance(found[0], Row)
        return found[0]

    async def bury(self, identity: str = "CS-1") -> None:
        row = await self.oldest(identity)
        self.outages.bury(identity, row.number, attempts=3, code="InternalError", text="refused")

    async def _asked(self, ask: Callable[[Callable[..., None]], None]) -> tuple[object, ...]:
        answers: list[tuple[object, ...]] = []
        ask(lambda *found: answers.append(found))
        await until(lambda: answers)
        return answers[0]

    def figure(self, name: str, *labels: str) -> object:
        found = {(row.name.removeprefix("localctl_"), *given): figure for row, given, figure in self.counts.samples()}
        return found[(name, *labels)]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("localctl.outages.ROUND_S", 0.01)
    monkeypatch.setattr("localctl.outages.synchronised", lambda: False)


@asynccontextmanager
async def running(folder: Path, more: str = "", key: bytes = KEY):
    box = Box(folder, more, key)
    box.outages.open()
    async with trio.open_nursery() as nursery:
        await nursery.start(box.outages.run, box.found.append)
        yield box
        nursery.cancel_scope.cancel()


def learn(box: Box) -> None:
    box.outages.authorizations.learn("upper", "CS-1", V201, True, "Authorize", ASKED, SAID, 1_790_000_000.0)


def verdict(box: Box) -> tuple[bool, str]:
    found = box.outages.authorizations.verdict("upper", "CS-2", V201, ASKED[11:-1], 1_790_000_100.0)
    return found.known, found.info


# -- authorizations


def contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in (folder / "journal.sqlite", folder / "journal.sqlite-wal")]


async def test_c10_what_the_csms_said_of_a_token_survives_a_restart(tmp_path: Path):
    async with running(tmp_path) as box:
        assert not verdict(box)[0]
        learn(box)
        await until(lambda: box.outages.journal.load_authorizations())
    async with running(tmp_path) as box:
        known, info = verdict(box)
        assert known
        assert GROUP in info


async def test_p7_no_token_is_in_the_files_neither_as_text_nor_for_a_box_with_another_key(tmp_path: Path):
    async with running(tmp_path) as box:
        learn(box)
        await until(lambda: box.outages.journal.load_authorizations())
        files = contents(tmp_path)
        assert sum(map(len, files)) > 1000
        for secret in (TOKEN, TOKEN.casefold(), GROUP, "Accepted"):
            assert not any(secret.encode() in content for content in files), secret
    async with running(tmp_path, key=b"another key, also 32 bytes long.") as box:
        assert not verdict(box)[0]


async def test_c11_a_cleared_cache_is_cleared_on_disk_too(tmp_path: Path):
    async with running(tmp_path) as box:
        learn(box)
        await until(lambda: box.outages.journal.load_authorizations())
        authorizations = box.outages.authorizations
        authorizations.learn("upper", "CS-1", V201, False, "ClearCache", b"{}", b'{"status":"Accepted"}', 1.0)
        await until(lambda: not box.outages.journal.load_authorizations())
    async with running(tmp_path) as box:
        assert not verdict(box)[0]


async def test_p6_entries_that_are_damaged_are_left_out_and_the_box_starts(tmp_path: Path):
    async with running(tmp_path) as box:
        learn(box)
        await until(lambda: box.outages.journal.load_authorizations())
        box.outages.journal.store_authorizations({"a": {"csms": "upper"}, "b": [], "c": {"csms": 7, "until_at": "x"}})
        await until(lambda: len(box.outages.journal.load_authorizations()) == 4)
    async with running(tmp_path) as box:
        assert verdict(box)[0]


async def test_the_policy_for_unknown_tokens_is_that_of_the_configuration(tmp_path: Path):
    async with running(tmp_path / "a", 'unknown_tokens = "accept"') as box:
        assert '"Accepted"' in verdict(box)[1]
    async with running(tmp_path / "b") as box:
        assert '"Unknown"' in verdict(box)[1]


# -- clock and paces


def common() -> Common:
    return Router(lambda _identity: StationPolicy(csms="main"), own_key=KEY, uniform=lambda: 0.5).common


@pytest.mark.parametrize(
    ("rule", "synchronised", "trusted"),
    [("auto", False, False), ("auto", True, True), ("always", False, True), ("always", True, True)],
)
async def test_3_15_3_the_clock_is_trusted_as_the_installer_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rule: str, synchronised: bool, trusted: bool
):
    monkeypatch.setattr("localctl.outages.synchronised", lambda: synchronised)
    box, shared = Box(tmp_path), common()
    box.outages.rule(shared, config(tmp_path, f'trust_clock = "{rule}"'))
    assert shared.clock.trusted("main", Instant(trio.current_time())) is trusted


async def test_3_15_3_a_clock_that_ntp_lets_go_is_trusted_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shared = common()
    async with running(tmp_path) as box:
        monkeypatch.setattr("localctl.outages.synchronised", lambda: True)
        box.outages.rule(shared, config(tmp_path))
        assert shared.clock.trusted("main", Instant(trio.current_time()))
        monkeypatch.setattr("localctl.outages.synchronised", lambda: False)
        await until(lambda: not shared.clock.trusted("main", Instant(trio.current_time())))


async def test_the_clock_tells_the_boxs_own_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("localctl.outages.time.time", lambda: 1_790_000_000.0)
    box, shared = Box(tmp_path), common()
    box.outages.rule(shared, config(tmp_path, 'trust_clock = "always"'))
    assert shared.clock.text("main", Instant(trio.current_time())).startswith("2026-09-21T14:13:2")


async def test_storms_paces_are_those_of_the_configuration_also_after_a_reload(tmp_path: Path):
    box, shared = Box(tmp_path), common()
    box.outages.rule(shared, config(tmp_path))
    assert (shared.replay.per_s, shared.admission.per_s, shared.admission.burst) == (50.0, 50.0, 100)
    more = "replay_per_second = 7.5\nadmission_per_second = 0.0\nadmission_burst = 3\ntrust_clock = 'always'"
    box.outages.rule(shared, config(tmp_path, more))
    assert (shared.replay.per_s, shared.admission.per_s, shared.admission.burst) == (7.5, 0.0, 3)
    assert shared.clock.trusted("main", Instant(trio.current_time()))


# -- keeping


async def test_p4_what_was_kept_is_there_after_a_restart_and_its_station_is_looked_for(tmp_path: Path):
    async with running(tmp_path) as box:
        assert await box.keep(1)
        assert box.outages.known("cs-1").waiting == 1
    async with running(tmp_path) as box:
        await until(lambda: "CS-1" in box.found)
        row = await box.oldest()
        assert row.item.payload == event("t1", 0, "Started")
        assert [item.message_id for item in box.outages.known("CS-1").recent] == ["m1"]
        box.outages.delivered("CS-1", row.number)
        await until(lambda: not box.outages.known("CS-1").waiting)


async def test_10_7_what_is_learnt_of_a_station_goes_to_the_journal_and_the_end_of_its_transactions_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("localctl.store.journal_board.MAX_ENDED", 0)
    async with running(tmp_path) as box:
        await box.keep(1)
        row = await box.oldest()
        box.outages.delivered("CS-1", row.number, alias=Alias(local=2_000_000_000, real=7))
        box.outages.remember("CS-1", accepted=True, subprotocol=V201, heartbeat_s=99)
        box.outages.remember("CS-1", boot="{}")
        assert box.outages.known("CS-1").aliases == (Alias(local=2_000_000_000, real=7),)
        box.outages.remember("CS-1", ended=2_000_000_000)
        assert box.outages.known("CS-1").aliases == ()
    async with running(tmp_path) as box:
        known = box.outages.known("CS-1")
        assert (known.accepted, known.subprotocol, known.heartbeat_s, known.boot) == (True, V201, 99, "{}")
        assert known.aliases == ()


async def test_p4_a_disk_that_refuses_is_told_and_so_is_that_it_is_well_again(tmp_path: Path):
    folder = tmp_path / "a file where the folder should be"
    folder.write_text("")
    box = Box(tmp_path)
    box.outages = Outages(config(tmp_path), folder, KEY, box.counts, box.troubles.append)
    box.outages.open()
    async with trio.open_nursery() as nursery:
        await nursery.start(box.outages.run, box.found.append)
        assert not await box.keep(1)
        await until(lambda: box.troubles)
        await until(lambda: box.figure("journal_errors_total"))
        assert "cannot be written" in str(box.troubles[0])
        nursery.cancel_scope.cancel()


async def test_p6_a_journal_that_cannot_be_read_does_not_end_the_box(tmp_path: Path):
    async with running(tmp_path) as box:
        await box.keep(1)
        (tmp_path / "journal.sqlite").rename(tmp_path / "elsewhere")
        await box.bury()
        await until(lambda: box.outages.journal.stats.dead_letters)
        box.found.clear()
        assert await box.keep(2)
        await until(lambda: box.found)
        assert (box.outages.outbox().dead, box.outages.outbox().dead_count) == ((), 1)


# -- bounds: what must not be dropped makes no room for more of itself


async def test_e04_fr08_a_station_that_invents_transactions_without_end_is_refused_and_harms_no_other(tmp_path: Path):
    async with running(tmp_path, "journal_rows = 10") as box:
        kept = [await box.keep(number, "HOSTILE") for number in range(15)]
        assert kept == [True] * 10 + [False] * 5
        kept = [await box.keep(number, "CS-1") for number in range(5)]
        assert kept == [True] * 5
        assert box.outages.known("HOSTILE").waiting == 10
        assert box.outages.journal.stats.refused == 5


async def test_p6_a_station_that_invents_connectors_without_end_loses_its_own_states_only(tmp_path: Path):
    async with running(tmp_path, "journal_rows = 10") as box:
        assert await box.keep(0, "CS-1", Kind.LATEST, "StatusNotification/1/1")
        kept = [await box.keep(n, "HOSTILE", Kind.LATEST, f"StatusNotification/1/{n}") for n in range(50)]
        assert all(kept)
        assert box.outages.known("HOSTILE").waiting <= 10
        assert box.outages.known("CS-1").waiting == 1


async def test_p6_a_hostile_stations_link_closes_and_its_neighbour_is_served(tmp_path: Path):
    """The whole way: router, journal and back. The station that is refused keeps its messages itself."""
    async with running(tmp_path, "journal_rows = 10") as box:
        policy = StationPolicy(csms="main", outage=OutagePolicy(mode="carry"))
        router = Router(lambda _identity: policy, own_key=KEY, uniform=lambda: 0.5)
        router.common.clock.set(unix_offset_s=1_790_000_000.0, synchronised=True)
        edge = _Edge(box, router)
        for link, identity in ((L1, "HOSTILE"), (LinkId(2), "CS-2")):
            known = box.outages.known(identity)
            edge.happen(StationArrived(link=link, identity=identity, offer=(V201,), known=known))
            edge.happen(accepted(V201, link), station(call("h"), link), csms(result("h"), link), csms_lost(link=link))
        for number in range(12):
            edge.happen(station(call(f"m{number}", "TransactionEvent", event(f"t{number}", 0, "Started"))))
            await until(lambda: edge.idle)
        assert [what.cause for what in edge.seen if isinstance(what, seen.LinkLost)] == ["journal"]
        edge.happen(station(call("m", "TransactionEvent", event("t", 0, "Started")), LinkId(2)))
        await until(lambda: edge.idle)
        assert '[3,"m",{}]' in edge.sent


class _Edge:
    """The pump's part in it, without sockets."""

    def __init__(self, box: Box, router: Router) -> None:
        self._router = router
        self._keeping = Keeping(box.outages, self._came)
        self._names: dict[LinkId, str] = {}
        self._open = 0
        self.sent: list[str] = []
        self.seen: list[seen.Observation] = []

    @property
    def idle(self) -> bool:
        return self._open == 0

    def _came(self, event_: object) -> None:
        self._open -= 1
        self.happen(event_)

    def happen(self, *events: object) -> None:
        for one in events:
            if isinstance(one, StationArrived):
                self._names[one.link] = one.identity
            for command in self._router.handle(one, Instant(trio.current_time())):
                if isinstance(command, KEEPING):
                    self._open += isinstance(command, Keep | Fetch)
                    self._keeping.carry_out(self._names[command.link], command)
                elif isinstance(command, Send):
                    self.sent.append(command.text)
                elif isinstance(command, Observe):
                    self.seen.append(command.what)


# -- figures


async def test_what_is_kept_replaced_and_dropped_is_counted(tmp_path: Path):
    async with running(tmp_path, "journal_rows = 10") as box:
        for number in range(3):
            await box.keep(number, kind=Kind.LATEST, merge="StatusNotification/1/1")
        for number in range(12):
            await box.keep(number, kind=Kind.EVENT)
        await until(lambda: box.figure("offline_dropped_total", "size") and box.figure("offline_replaced_total"))
        assert (box.figure("offline_kept_total"), box.figure("offline_replaced_total")) == (15, 2)
        assert box.figure("offline_dropped_total", "operator") == 0


async def test_a_dead_letter_that_an_operator_drops_is_counted_as_such(tmp_path: Path):
    async with running(tmp_path) as box:
        await box.keep(1)
        await box.bury()
        assert await trio.to_thread.run_sync(box.outages.journal.drop, 1)
        await until(lambda: box.figure("offline_dropped_total", "operator") == 1)
        assert box.figure("offline_dropped_total", "size") == 0


async def test_10_7_a_number_that_made_room_is_no_message_that_was_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("localctl.store.journal_board.MAX_ALIASES", 1)
    async with running(tmp_path) as box:
        for number in (1, 2, 3):
            item = Item(kind=Kind.TRANSACTION, action="StartTransaction", message_id="1", payload="{}", invented=number)
            box.outages.keep("CS-1", item, lambda _number: None)
        await until(lambda: box.outages.journal.stats.dropped["alias"] == 2)
        await box.keep(9)
        await until(lambda: box.found)
        assert box.figure("offline_dropped_total", "size") == 0


def test_arrivals_are_counted_by_how_they_came_in(tmp_path: Path):
    box = Box(tmp_path)
    opened = seen.LinkOpened(identity="CS", subprotocol=V201)
    refused = seen.LinkRefused(identity="CS", status=503, cause="csms_away", reason="")
    delayed = seen.AdmissionDelayed(identity="CS", wait_s=1.0)
    for link, what in ((1, opened), (2, delayed), (3, delayed), (4, refused), (2, opened), (3, refused), (2, opened)):
        box.outages.observe(LinkId(link), what)
    counted = [box.figure("admissions_total", verdict) for verdict in ("at_once", "later", "turned_away")]
    assert counted == [2, 1, 1]


async def test_who_waits_to_be_let_in_is_counted_while_waiting(tmp_path: Path):
    async with running(tmp_path) as box:
        box.outages.observe(L1, seen.AdmissionDelayed(identity="CS", wait_s=1.0))
        await until(lambda: box.figure("admission_waiting") == 1)
        box.outages.observe(L1, seen.LinkOpened(identity="CS", subprotocol=V201))
        await until(lambda: box.figure("admission_waiting") == 0)


async def test_the_page_shows_what_waits_and_whether_it_is_on_its_way(tmp_path: Path):
    async with running(tmp_path) as box:
        await box.keep(1, "Cs-1")
        (queue,) = box.outages.outbox().queues
        assert (queue.identity, queue.waiting, queue.replaying) == ("Cs-1", 1, False)
        assert queue.oldest_at is not None
        for what, replaying in (
            (seen.OutageEnded(identity="CS-1", backlog=True), True),
            (seen.OutageBegan(identity="CS-1", carried=True, reason=""), False),
            (seen.OutageEnded(identity="CS-1", backlog=False), False),
            (seen.OutageEnded(identity="CS-1", backlog=True), True),
            (seen.BacklogDone(identity="cs-1"), False),
        ):
            box.outages.observe(L1, what)
            assert box.outages.outbox().queues[0].replaying is replaying, what


async def test_the_page_shows_the_newest_dead_letters_and_never_what_is_in_them(tmp_path: Path):
    async with running(tmp_path) as box:
        for number in range(SHOWN_LETTERS + 3):
            await box.keep(number, f"CS-{number}")
            await box.bury(f"CS-{number}")
        newest = [f"CS-{number}" for number in range(3, SHOWN_LETTERS + 3)]
        await until(lambda: [letter.identity for letter in box.outages.outbox().dead] == newest)
        view = box.outages.outbox()
        assert view.dead_count == SHOWN_LETTERS + 3
        assert "MeterValuePeriodic" not in repr(view)
        for letter in range(1, SHOWN_LETTERS + 4):
            await trio.to_thread.run_sync(box.outages.journal.drop, letter)
        await until(lambda: box.outages.outbox().dead == ())
