"""The journal as the pump uses it, over restarts."""

import os
import sqlite3
from pathlib import Path

import pytest
import trio
from msgspec.structs import replace

from localctl.store import journal_board, journal_known, journal_schema, journal_writer
from localctl.store.journal import Journal
from localctl.store.journal_schema import NewerJournal
from localctl.store.journal_values import FIRST_INVENTED, Limits
from routing.carrying.items import Alias, Known
from tests.localctl.store.journals import Clock, Faulty, begun, item, latest, running, update


async def test_p4_what_was_kept_is_delivered_in_order_after_a_restart(tmp_path: Path):
    async with running(tmp_path) as box:
        for n in range(5):
            assert await box.keep(begun(f"m{n}", tx=f"T{n}")) == n + 1
    async with running(tmp_path) as box:
        assert box.journal.known("CS1").waiting == 5
        assert await box.ids() == [f"m{n}" for n in range(5)]
        assert await box.oldest() == (None, 0, frozenset())
        assert box.journal.known("CS1").waiting == 0


async def test_identities_are_looked_up_without_case(tmp_path: Path):
    async with running(tmp_path) as box:
        await box.keep(item(message_id="m1"), "Cs-ÄÖ")
        await box.keep(item(message_id="m2"), "cS-äö")
        box.journal.remember("CS-ÄÖ", accepted=True)
        assert box.journal.known("cs-äö").accepted
        assert await box.ids("CS-äö") == ["m1", "m2"]


async def test_the_oldest_comes_with_how_many_wait_and_which_transactions(tmp_path: Path):
    async with running(tmp_path) as box:
        for one in (begun("a", tx="T1"), update("b", tx="T1"), item(message_id="c"), begun("d", tx="T2")):
            await box.keep(one)
        row, waiting, transactions = await box.oldest()
        assert row is not None
        assert (row.item, waiting, transactions) == (begun("a", tx="T1"), 4, {"T1", "T2"})


async def test_e14_fr07_a_transaction_whose_last_message_went_is_no_longer_in_the_queue(tmp_path: Path):
    async with running(tmp_path) as box:
        await box.keep(begun("a", tx="T1"))
        await box.keep(begun("b", tx="T2"))
        row, _, _ = await box.oldest()
        assert row is not None
        box.journal.delivered("CS1", row.number)
        assert (await box.oldest())[1:] == (1, {"T2"})


async def test_what_is_being_kept_counts_as_waiting_at_once(tmp_path: Path):
    async with running(tmp_path) as box:
        numbers: list[int | None] = []
        for n in range(3):
            box.journal.keep("CS1", item(message_id=f"m{n}"), numbers.append)
        assert numbers == []
        assert box.journal.known("CS1").waiting == 3
        await box.until(lambda: len(numbers) == 3)
        assert numbers == [1, 2, 3]
        assert box.journal.known("CS1").waiting == 3
        assert box.journal.stats.waiting == {"CS1": 3}


async def test_a_row_that_was_not_reported_delivered_comes_again_after_a_restart(tmp_path: Path):
    async with running(tmp_path) as box:
        await box.keep(begun("m1"))
        await box.oldest()
    async with running(tmp_path) as box:
        assert await box.ids() == ["m1"]


async def test_only_the_newest_state_of_a_connector_is_delivered(tmp_path: Path):
    async with running(tmp_path) as box:
        for one in (latest("s1"), begun("t"), latest("s2"), latest("s3")):
            await box.keep(one)
        assert box.journal.stats.replaced == 2
        assert await box.ids() == ["t", "s3"]


async def test_what_is_known_of_a_station_survives_and_is_written_only_when_new(tmp_path: Path):
    async with running(tmp_path) as box:
        for _ in range(5):
            box.journal.remember("CS1", accepted=True, subprotocol="ocpp2.0.1", boot='{"reason":"PowerUp"}')
        box.journal.remember("CS1", heartbeat_s=60)
        box.journal.remember("CS1", heartbeat_s=60)
        await box.keep(item())
        assert box.journal.stats.jobs <= 4  # one is the sweep at the start
    async with running(tmp_path) as box:
        assert box.journal.known("CS1") == Known(
            accepted=True,
            subprotocol="ocpp2.0.1",
            boot='{"reason":"PowerUp"}',
            heartbeat_s=60,
            waiting=1,
            recent=(item(),),
        )


async def test_10_7_both_numbers_of_a_transaction_survive_until_its_end_is_delivered(tmp_path: Path):
    async with running(tmp_path) as box:
        local = box.journal.next_invented()
        start = await box.keep(begun("start", tx=str(local), invented=local))
        stop = await box.keep(begun("stop", tx=str(local)))
    async with running(tmp_path) as box:
        assert box.journal.known("CS1").aliases == (Alias(local=local),)
        assert start is not None
        box.journal.delivered("CS1", start, alias=Alias(local=local, real=17))
        assert box.journal.known("CS1").aliases == (Alias(local=local, real=17),)
    async with running(tmp_path) as box:
        assert box.journal.known("CS1").aliases == (Alias(local=local, real=17),)
        assert stop is not None
        box.journal.delivered("CS1", stop, ended=local)
        for other in range(journal_board.MAX_ENDED):
            assert box.journal.known("CS1").aliases == (Alias(local=local, real=17),)
            box.journal.over("CS1", other)
        assert box.journal.known("CS1").aliases == ()
    async with running(tmp_path) as box:
        assert box.journal.known("CS1").aliases == ()


async def test_p6_a_number_of_the_csms_that_is_none_keeps_no_row_from_being_delivered_once(tmp_path: Path):
    async with running(tmp_path) as box:
        local = box.journal.next_invented()
        start = await box.keep(begun("start", tx=str(local), invented=local))
        box.journal.delivered("CS1", start or 0, alias=Alias(local=local, real=10**19))
        box.journal.remember("CS1", accepted=True, boot="{}", heartbeat_s=10**19)
    async with running(tmp_path) as box:
        assert await box.oldest() == (None, 0, frozenset())
        assert box.journal.known("CS1") == Known(accepted=True, boot="{}", aliases=(Alias(local=local),))


async def test_10_7_that_the_csms_gave_a_number_anew_is_known_after_a_restart(tmp_path: Path):
    async with running(tmp_path) as box:
        local = box.journal.next_invented()
        start = await box.keep(begun("start", tx=str(local), invented=local))
        box.journal.delivered("CS1", start or 0, alias=Alias(local=local, real=17))
        passed_on = Alias(local=local, real=17, passed_on=True)
        box.journal.learn("CS1", passed_on)
        box.journal.learn("CS1", Alias(local=5, real=17, passed_on=True))
        assert box.journal.known("CS1").aliases == (passed_on,), "and nobody else's"
    async with running(tmp_path) as box:
        assert box.journal.known("CS1").aliases == (passed_on,)


async def test_10_7_a_refusing_disk_owes_every_end_of_a_transaction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("localctl.store.journal_board.MAX_ENDED", 0)
    monkeypatch.setattr("localctl.store.journal_writer.RETRY_S", 0.02)
    faulty = Faulty()
    async with running(tmp_path, faulty=faulty) as box:
        for identity in ("CS1", "CS2"):
            assert await box.keep(begun("m", invented=5), identity)
        faulty.refuses = ("BEGIN",)
        for identity in ("CS1", "CS2"):
            box.journal.over(identity, 5)
        await box.until(lambda: box.journal.stats.failures)
        faulty.refuses = ()
        await box.until(lambda: box.troubles[-1:] == [None])
    async with running(tmp_path) as box:
        assert [box.journal.known(identity).aliases for identity in ("CS1", "CS2")] == [(), ()]


async def test_p4_after_a_restart_the_newest_rows_are_known_until_they_are_delivered(tmp_path: Path):
    async with running(tmp_path) as box:
        await box.keep(begun("m1"))
        assert box.journal.known("CS1").recent == ()
    async with running(tmp_path) as box:
        assert [one.message_id for one in box.journal.known("CS1").recent] == ["m1"]
        assert box.journal.known("CS2").recent == ()
        assert await box.ids() == ["m1"]
        await box.until(lambda: box.journal.known("CS1").recent == ())


async def test_10_7_a_number_that_was_told_to_a_station_never_comes_again(tmp_path: Path):
    told: list[int] = []
    for _ in range(4):
        async with running(tmp_path) as box:
            for _ in range(journal_known.BLOCK // 2 + 1):
                number = box.journal.next_invented()
                if await box.keep(begun(f"m{number}", tx=str(number), invented=number)):
                    told.append(number)
            for alias in box.journal.known("CS1").aliases:
                box.journal.over("CS1", alias.local)
    assert len(set(told)) == len(told) == 4 * (journal_known.BLOCK // 2 + 1)
    assert min(told) >= FIRST_INVENTED


async def test_one_alias_too_many_is_gone_from_disk_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("localctl.store.journal_board.MAX_ALIASES", 2)
    async with running(tmp_path) as box:
        for local in (1, 2, 3):
            await box.keep(begun(f"m{local}", invented=local))
    async with running(tmp_path) as box:
        assert [alias.local for alias in box.journal.known("CS1").aliases] == [2, 3]


async def test_p4_what_was_asked_before_the_end_is_finished_and_told(tmp_path: Path):
    numbers: list[int | None] = []
    async with running(tmp_path) as box:
        for n in range(200):
            box.journal.keep("CS1", item(message_id=f"m{n}"), numbers.append)
    assert numbers == list(range(1, 201))


async def test_after_the_end_nothing_is_kept_and_that_is_told(tmp_path: Path):
    async with running(tmp_path) as box:
        pass
    numbers: list[int | None] = []
    box.journal.keep("CS1", item(), numbers.append)
    assert numbers == [None]


async def test_a_full_journal_is_told_before_anything_is_dropped(tmp_path: Path):
    async with running(tmp_path, limits=Limits(max_rows=10)) as box:
        for n in range(8):
            await box.keep(begun(f"m{n}", tx=f"T{n}"))
        assert box.troubles[-1] is not None
        assert "80 % of the 10 messages for CS1" in box.troubles[-1]
        assert box.journal.stats.dropped == {}
        await box.ids()
        await box.until(lambda: box.troubles[-1] is None)


async def test_e04_fr08_a_line_of_transactions_refuses_and_drops_none(tmp_path: Path):
    async with running(tmp_path, limits=Limits(max_rows=3)) as box:
        numbers = [await box.keep(begun(f"m{n}", tx=f"T{n}")) for n in range(5)]
        assert numbers == [1, 2, 3, None, None]
        assert box.journal.stats.refused == 2
        assert await box.ids() == ["m0", "m1", "m2"]


async def test_age_is_told_and_then_looked_at_without_traffic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(journal_writer, "SWEEP_S", 0.01)
    clock = Clock()
    async with running(tmp_path, limits=Limits(max_age_s=60), clock=clock) as box:
        await box.keep(item(message_id="old"))
        await box.keep(begun("start"))
        clock.now += 50
        await box.until(lambda: box.troubles)
        assert "Messages for CS1 have waited 80 % of the" in str(box.troubles[-1])
        assert box.journal.stats.dropped == {}
        clock.now += 11
        await box.until(lambda: box.journal.stats.dropped["age"])
        assert await box.ids() == ["start"]


async def test_a_disk_that_refuses_at_the_start_is_told_and_taken_when_it_is_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(journal_writer, "RETRY_S", 0.01)
    faulty = Faulty()
    faulty.refuses = ("PRAGMA journal_mode",)
    async with running(tmp_path, faulty=faulty) as box:
        await box.until(lambda: box.troubles)
        assert box.troubles[0] is not None
        assert "cannot be written" in box.troubles[0]
        assert await box.keep(item()) is None
        faulty.refuses = ()
        await box.until(lambda: box.troubles[-1] is None)
        assert await box.keep(item()) == 1


async def test_p4_10_7_a_disk_that_refuses_at_the_start_costs_nothing_of_what_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(journal_writer, "RETRY_S", 0.01)
    async with running(tmp_path) as box:
        for identity in ("CS1", "CS2"):
            box.journal.remember(identity, accepted=True, subprotocol="ocpp1.6", boot='{"a":1}', heartbeat_s=77)
        local = box.journal.next_invented()
        start = await box.keep(begun("start", tx=str(local), invented=local))
        stop = begun("stop", tx=str(local))
        await box.keep(stop)
        box.journal.delivered("CS1", start or 0, alias=Alias(local=local, real=7))
        known = box.journal.known("CS1")
    faulty = Faulty()
    faulty.refuses = ("PRAGMA journal_mode",)
    async with running(tmp_path, faulty=faulty) as box:
        assert box.journal.known("CS1") == Known()
        box.journal.remember("CS1", subprotocol="ocpp2.0.1")
        box.journal.remember("CS1", heartbeat_s=60, boot="")
        box.journal.remember("CS2", accepted=False)
        await box.until(lambda: box.journal.stats.failures > 2)
        faulty.refuses = ()
        await box.until(lambda: box.journal.known("CS1").accepted)
        after = replace(known, subprotocol="ocpp2.0.1", heartbeat_s=60, waiting=1, recent=(stop,))
        assert box.journal.known("CS1") == after
        await box.until(lambda: box.troubles[-1] is None)
    async with running(tmp_path) as box:
        assert box.journal.known("CS1") == after
        assert box.journal.known("CS2") == Known(subprotocol="ocpp1.6", boot='{"a":1}', heartbeat_s=77)


@pytest.mark.parametrize("question", ["SELECT station, tx", "SELECT key, name", "SELECT number, kind"])
async def test_p4_a_file_that_opens_but_cannot_be_read_is_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, question: str
):
    monkeypatch.setattr(journal_writer, "RETRY_S", 0.01)
    async with running(tmp_path) as box:
        box.journal.remember("CS1", accepted=True)
        await box.keep(begun("m1"))
    faulty = Faulty(sqlite3.SQLITE_IOERR)
    faulty.refuses = (question,)
    async with running(tmp_path, faulty=faulty) as box:
        await box.until(lambda: box.journal.stats.failures > 2)
        assert box.troubles[-1] is not None
        faulty.refuses = ()
        await box.until(lambda: box.journal.known("CS1").accepted)
        assert await box.keep(begun("m2")) == 2
        assert box.journal.known("CS1").waiting == 2
        assert await box.ids() == ["m1", "m2"]


async def test_rows_that_cannot_be_read_are_not_taken_for_an_empty_line(tmp_path: Path):
    faulty = Faulty()
    async with running(tmp_path, faulty=faulty) as box:
        await box.keep(begun("m1"))
        faulty.refuses = ("SELECT number, kind",)
        assert await box.oldest() == (None, 1, frozenset())
        faulty.refuses = ()
        assert await box.ids() == ["m1"]


async def test_a_corrupt_file_is_set_aside_loudly_and_the_box_starts(tmp_path: Path):
    (tmp_path / "journal.db").write_bytes(b"worn flash" * 1000)
    async with running(tmp_path) as box:
        await box.until(lambda: box.troubles)
        assert box.troubles[0] is not None
        assert "was corrupt and a new one was begun" in box.troubles[0]
        assert await box.keep(item())
    assert "journal.db.corrupt-20260921T141320Z" in os.listdir(tmp_path)


def test_a_journal_of_a_later_version_stops_the_start(tmp_path: Path):
    sql = journal_schema.open_journal(tmp_path / "journal.db", 1 << 20, 0).connection
    sql.execute("PRAGMA user_version=99")
    sql.close()
    journal = Journal(tmp_path / "journal.db", limits=Limits(), unix_now=Clock(), on_trouble=lambda _t: None)
    with pytest.raises(NewerJournal):
        journal.open()


async def test_many_stations_at_once_share_commits(tmp_path: Path):
    async with running(tmp_path) as box:
        async with trio.open_nursery() as nursery:
            for n in range(300):
                nursery.start_soon(box.keep, begun("m", tx=f"T{n}"), f"CS{n}")
        assert box.journal.stats.jobs >= 300
        assert box.journal.stats.commits < 100
