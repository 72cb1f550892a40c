"""What operators see and do, past the loop."""

import json
import sqlite3
from functools import partial
from pathlib import Path

import pytest
import trio

from localctl.store.journal import Journal
from localctl.store.journal_values import Limits
from tests.localctl.store.journals import NOW, Clock, begun, item, running


async def test_operators_list_export_retry_and_drop_what_the_csms_would_not_take(tmp_path: Path):
    async with running(tmp_path) as box:
        journal = box.journal
        for n in range(3):
            number = await box.keep(begun(f"m{n}", tx=f"T{n}"))
            assert number is not None
            journal.bury("CS1", number, attempts=3, code="InternalError", text="no")
        await box.until(lambda: journal.stats.dead_letters == 3)
        letters = await trio.to_thread.run_sync(partial(journal.dead_letters, "cS1", after=0, most=2))
        assert [letter.item.message_id for letter in letters] == ["m0", "m1"]
        lines = await trio.to_thread.run_sync(lambda: list(journal.export("CS1")))
        assert [json.loads(line)["message_id"] for line in lines] == ["m0", "m1", "m2"]
        assert await trio.to_thread.run_sync(journal.drop, 1) is True
        assert await trio.to_thread.run_sync(journal.drop, 1) is False
        assert await trio.to_thread.run_sync(journal.retry, 2) == "cs1"
        assert await trio.to_thread.run_sync(journal.retry, 2) is None
        assert (journal.stats.dead_letters, journal.known("CS1").waiting) == (1, 1)
        assert await box.ids() == ["m1"]


async def test_queues_are_read_past_the_writer(tmp_path: Path):
    async with running(tmp_path) as box:
        await box.keep(item(), "CS1")
        await box.keep(item(), "CS2")
        await box.keep(item(), "cs2")
        rows = await trio.to_thread.run_sync(box.journal.queues)
        assert [(row.identity, row.waiting, row.oldest_at) for row in rows] == [("CS1", 1, NOW), ("CS2", 2, NOW)]


async def test_authorizations_are_there_after_a_restart(tmp_path: Path):
    async with running(tmp_path) as box:
        box.journal.store_authorizations({"a": {"status": "Accepted"}, "b": [1]})
        box.journal.store_authorizations({"b": None})
    async with running(tmp_path) as box:
        assert box.journal.load_authorizations() == {"a": {"status": "Accepted"}}


def test_a_journal_that_is_not_there_has_no_authorizations_and_no_queues(tmp_path: Path):
    journal = Journal(tmp_path / "no" / "journal.db", limits=Limits(), unix_now=Clock(), on_trouble=lambda _t: None)
    assert journal.load_authorizations() == {}
    assert journal.newest_letters(5) == []
    with pytest.raises(sqlite3.OperationalError):
        journal.queues()
