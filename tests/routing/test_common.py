"""What all links of a router share: one memory per station, whatever connection it comes by, and all of it bounded."""

from routing.carrying.authorizations import Authorizations
from routing.carrying.items import Alias, Item, Kind, Known
from routing.carrying.repeats import mark
from routing.common import MAX_STATIONS, Common
from routing.ids import OwnIds
from tests.routing.carrying.cupboard import event
from tests.routing.playbook import V201

SIGN = mark("TransactionEvent", "t", "0", "Started", "2026-11-22T12:00:00Z")
STARTED = Item(kind=Kind.TRANSACTION, action="TransactionEvent", message_id="1", payload=event("t", 0, "Started"))


def common() -> Common:
    return Common(OwnIds(b"k" * 32, lambda: 0.5), Authorizations(b"k" * 32), lambda: 1, lambda: 0.5)


def test_a_station_is_remembered_over_its_connections_in_any_case():
    box = common()
    repeats = box.repeats_of("CS-17", V201, Known())
    repeats.add(SIGN, Kind.TRANSACTION)
    repeats.confirm(SIGN)
    assert SIGN in box.repeats_of("cs-17", V201, Known())
    assert SIGN not in box.repeats_of("CS-18", V201, Known())


def test_p4_what_was_not_confirmed_on_disk_is_forgotten_at_the_next_arrival():
    box = common()
    box.repeats_of("CS-17", V201, Known()).add(SIGN, Kind.TRANSACTION)
    assert SIGN not in box.repeats_of("CS-17", V201, Known())


def test_p4_after_a_restart_of_the_box_what_is_on_disk_is_known_again():
    assert SIGN in common().repeats_of("CS-17", V201, Known(recent=(STARTED,)))


def test_p6_the_station_that_was_away_longest_is_forgotten_first():
    box = common()
    for number in range(MAX_STATIONS):
        box.repeats_of(f"CS-{number}", V201, Known(recent=(STARTED,) if number < 2 else ()))
    box.repeats_of("CS-0", V201, Known())
    box.repeats_of("one more", V201, Known())
    assert SIGN in box.repeats_of("CS-0", V201, Known())
    assert SIGN not in box.repeats_of("CS-1", V201, Known())


def test_10_7_the_numbers_of_16_transactions_are_one_book_for_all_connections_of_a_station():
    box = common()
    older = box.numbers_of("CS-17", Known(aliases=(Alias(local=1), Alias(local=2))))
    newer = box.numbers_of("cs-17", Known(aliases=(Alias(local=1, real=7), Alias(local=2))))
    older.told(Alias(local=2, real=9))
    assert newer.to_csms() == {1: 7, 2: 9}
    assert box.numbers_of("CS-17", Known(aliases=(Alias(local=2),))) is newer
    assert not box.numbers_of("CS-18", Known())


def test_p6_the_book_of_the_station_that_was_away_longest_goes_first():
    box = common()
    book = box.numbers_of("CS", Known(aliases=(Alias(local=1),)))
    for number in range(MAX_STATIONS):
        box.numbers_of(f"CS-{number}", Known())
    assert box.numbers_of("CS", Known()) is not book


def test_p6_what_unknown_tokens_took_is_one_book_for_all_connections_of_a_station_and_bounded():
    box = common()
    cap = box.cap_of("CS", 1000.0)
    assert box.cap_of("cs", 500.0) is cap
    assert cap.limit_wh == 500.0, "the policy of the newest connection counts"
    for number in range(MAX_STATIONS):
        box.cap_of(f"CS-{number}", None)
    assert box.cap_of("CS", 1000.0) is not cap


def test_p6_attempts_are_those_of_one_row_per_station_and_bounded():
    box = common()
    box.note_attempts("CS", 7, 2)
    assert [box.attempts_at("cs", row) for row in (7, 8)] == [2, 0]
    for number in range(MAX_STATIONS):
        box.note_attempts(f"CS-{number}", 1, 1)
    assert box.attempts_at("CS", 7) == 0


def test_that_something_is_kept_is_known_to_every_connection_of_the_station():
    box = common()
    assert not box.has_kept("CS-17")
    box.note_kept("CS-17", some=True)
    assert box.has_kept("cs-17")
    assert not box.has_kept("CS-18")
    box.note_kept("cs-17", some=False)
    assert not box.has_kept("CS-17")
