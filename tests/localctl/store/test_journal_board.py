"""What the loop knows without asking the disk."""

from collections import Counter

import pytest
from msgspec.structs import replace

from localctl.store import journal_board
from localctl.store.journal_board import Board
from localctl.store.journal_jobs import Handover
from localctl.store.journal_known import Remembered
from localctl.store.journal_tally import Figures
from localctl.store.journal_values import FIRST_INVENTED, Limits
from routing.carrying.items import Alias, Kind, Known
from tests.localctl.store.journals import NOW, begun, item


@pytest.fixture
def board() -> Board:
    return Board(Limits(), lambda _trouble: None)


def test_a_stranger_is_unknown_and_not_trusted(board: Board):
    assert board.known("cs1") == Known()
    assert not board.known("cs1").trusted


def test_what_is_on_its_way_to_the_disk_waits_already(board: Board):
    board.expect("cs1", "CS1")
    assert board.known("cs1").waiting == 1
    board.take_in(Handover(touched={"cs1": Figures(rows=1, size=10, oldest_at=NOW)}))
    board.kept("cs1", item(), 1)
    assert board.known("cs1").waiting == 1


def test_what_could_not_be_kept_is_counted_and_does_not_wait(board: Board):
    board.expect("cs1", "CS1")
    board.kept("cs1", begun("m", invented=5), None)
    assert board.known("cs1") == Known()
    assert board.stats.refused == 1


def test_only_news_are_worth_a_commit(board: Board):
    known = board.remember("cs1", "CS1", {"accepted": True, "boot": "{}"})
    assert known == Known(accepted=True, boot="{}")
    assert board.remember("cs1", "CS1", {"accepted": True}) is None
    assert board.remember("cs1", "CS1", {"accepted": False}) == Known(accepted=False, boot="{}")


def test_strangers_cannot_fill_the_memory(board: Board, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(journal_board, "MAX_STATIONS", 1)
    board.remember("cs1", "CS1", {"accepted": True})
    assert board.remember("cs2", "CS2", {"accepted": True}) is None
    assert board.known("cs2") == Known()
    assert board.remember("cs1", "CS1", {"heartbeat_s": 5}) is not None


def test_10_7_an_alias_lives_from_the_kept_begin_to_the_delivered_end(board: Board):
    board.expect("cs1", "CS1")
    board.kept("cs1", begun("m", invented=FIRST_INVENTED), 1)
    assert board.known("cs1").aliases == (Alias(local=FIRST_INVENTED),)
    board.learn("cs1", Alias(local=FIRST_INVENTED, real=17))
    assert board.known("cs1").aliases == (Alias(local=FIRST_INVENTED, real=17),)
    assert board.over("cs1", None) is None
    assert board.over("cs1", FIRST_INVENTED) is None
    assert board.known("cs1").aliases == (Alias(local=FIRST_INVENTED, real=17),), "its end may be said again"


def test_10_7_of_transactions_that_are_over_only_the_last_few_keep_their_numbers(
    board: Board, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(journal_board, "MAX_ENDED", 2)
    for local in (1, 2, 3, 4):
        board.kept("cs1", begun("m", invented=local), local)
    assert [board.over("cs1", local) for local in (1, 2, 2, 3)] == [None, None, None, 1]
    assert [alias.local for alias in board.known("cs1").aliases] == [2, 3, 4]


def test_of_too_many_aliases_the_oldest_whose_number_is_known_goes(board: Board, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(journal_board, "MAX_ALIASES", 3)
    for local in (1, 2, 3):
        board.kept("cs1", begun("m", invented=local), local)
    board.learn("cs1", Alias(local=2, real=22))
    assert board.kept("cs1", begun("m", invented=4), 4) == 2
    assert board.kept("cs1", begun("m", invented=5), 5) == 1
    assert [alias.local for alias in board.known("cs1").aliases] == [3, 4, 5]
    assert board.stats.dropped["alias"] == 2


def test_figures_are_by_the_stations_own_name_and_gone_when_nothing_waits(board: Board):
    board.expect("cs1", "Cs1")
    board.take_in(
        Handover(
            touched={"cs1": Figures(rows=2, size=10, oldest_at=NOW)}, size=10, commits=1, jobs=4, commit_s=0.5,
            dropped=Counter(age=2), dead_letters=3,
        )
    )  # fmt: skip
    stats = board.stats
    assert (stats.waiting, stats.oldest_at, stats.bytes) == ({"Cs1": 2}, {"Cs1": NOW}, 10)
    assert (stats.commits, stats.jobs, stats.commit_s, stats.dropped, stats.dead_letters) == (1, 4, 0.5, {"age": 2}, 3)
    board.take_in(Handover(touched={"cs1": Figures()}))
    assert (stats.waiting, stats.oldest_at, stats.dead_letters) == ({}, {}, 3)


def test_a_file_opened_anew_replaces_all_rows_but_not_what_was_learnt_since(board: Board):
    board.take_in(Handover(touched={"cs1": Figures(rows=2), "cs2": Figures(rows=1)}))
    board.remember("cs2", "CS2", {"heartbeat_s": 7})
    old = {"cs2": Remembered("CS2", Known(heartbeat_s=1)), "cs3": Remembered("CS3", Known(accepted=True))}
    board.take_in(Handover(remembered=old, touched={"cs2": Figures(rows=5)}, mark=FIRST_INVENTED + 100))
    assert [board.known(name).waiting for name in ("cs1", "cs2", "cs3")] == [0, 5, 0]
    assert board.known("cs2").heartbeat_s == 7
    assert board.known("cs3").accepted
    assert board.next_invented() == FIRST_INVENTED + 100


def test_p4_a_file_that_could_not_be_read_at_first_tells_all_but_what_was_said_since(board: Board):
    stored = Known(
        accepted=True, subprotocol="ocpp1.6", boot="{}", heartbeat_s=77, aliases=(Alias(local=5, real=7),),
        recent=(begun("m"),),
    )  # fmt: skip
    board.remember("cs1", "CS1", {"subprotocol": "ocpp2.0.1"})
    board.learn("cs1", Alias(local=6, real=8))
    board.over("cs2", 9)
    told = {name: Remembered(name.upper(), stored) for name in ("cs1", "cs2", "cs3")}
    board.take_in(Handover(remembered=told, touched={name: Figures(rows=1) for name in told}))
    news = {"subprotocol": "ocpp2.0.1", "aliases": (Alias(local=5, real=7), Alias(local=6, real=8))}
    assert board.known("cs1") == replace(stored, waiting=1, **news)
    assert board.known("cs2") == board.known("cs3") == replace(stored, waiting=1)


def test_p4_a_file_that_broke_under_way_tells_nothing_that_is_not_known_better(board: Board):
    board.take_in(Handover(remembered={"cs1": Remembered("CS1", Known(accepted=True, boot="{}"))}))
    board.remember("cs1", "CS1", {"accepted": False})
    salvaged = {name: Remembered(name.upper(), Known(accepted=True, heartbeat_s=1)) for name in ("cs1", "cs2")}
    board.take_in(Handover(remembered=salvaged))
    assert board.known("cs1") == Known(accepted=False, boot="{}")
    assert board.known("cs2") == Known(accepted=True, heartbeat_s=1)


def test_p4_before_the_file_was_read_only_what_was_said_may_be_written(board: Board):
    assert board.to_write("cs1") == frozenset()
    assert board.remember("cs1", "CS1", {"accepted": False}) == Known(), "the file may say something else"
    assert board.remember("cs1", "CS1", {"accepted": False}) is None
    assert board.remember("cs1", "CS1", {"heartbeat_s": 7}) == Known(heartbeat_s=7)
    assert board.to_write("cs1") == {"accepted", "heartbeat_s"}, "both: of several jobs only the last is done"
    board.take_in(Handover(remembered={}))
    assert board.to_write("cs1") == {"accepted", "subprotocol", "boot", "heartbeat_s"}
    assert board.known("cs1") == Known(heartbeat_s=7)


def test_one_callback_that_fails_does_not_take_the_others_with_it(board: Board):
    told: list[object] = []

    def broken(_result: object) -> None:
        raise RuntimeError("somebody else's bug")

    board.take_in(Handover(done=[(broken, 1), (told.append, 2)]))
    assert told == [2]


def test_every_reason_for_which_messages_are_dropped_can_be_told(board: Board):
    reasons = Counter({kind.value: 1 for kind in Kind}) + Counter({"age": 2})
    board.take_in(Handover(dropped=reasons))
    assert board.stats.dropped == reasons
