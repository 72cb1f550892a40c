"""1.6 transactions with two numbers: whose is which, and for how long (10.7)."""

from routing.carrying.items import Alias
from routing.carrying.numbers import MAX_ALIASES, Numbers
from tests.routing.carrying.cupboard import stop_16

FIRST, SECOND, THIRD = 2_000_000_001, 2_000_000_002, 2_000_000_003


def numbers(*aliases: Alias) -> Numbers:
    book = Numbers()
    book.recall(aliases)
    return book


def test_10_7_each_side_hears_its_own_number_as_soon_as_the_csms_has_told_it():
    book = numbers(Alias(local=FIRST, real=5), Alias(local=SECOND))
    assert (book.to_csms(), book.to_station()) == ({FIRST: 5}, {5: FIRST})
    book.told(Alias(local=SECOND, real=6))
    assert (book.to_csms(), book.to_station()) == ({FIRST: 5, SECOND: 6}, {5: FIRST, 6: SECOND})


def test_10_7_which_transaction_a_stop_ended():
    book = numbers(Alias(local=FIRST))
    assert [book.ended(text) for text in (stop_16(FIRST), stop_16(9), "[]")] == [FIRST, None, None]
    assert FIRST in book, "the station may say its end again"


def test_10_7_a_number_that_the_csms_gives_again_means_the_newest_transaction():
    book = numbers(Alias(local=FIRST, real=1), Alias(local=SECOND, real=1), Alias(local=THIRD, real=2))
    assert book.to_station() == {1: SECOND, 2: THIRD}
    passed_on = [Alias(local=FIRST, real=1, passed_on=True), Alias(local=SECOND, real=1, passed_on=True)]
    assert book.pass_on('{"transactionId":1,"idTagInfo":{"status":"Accepted"}}') == passed_on
    assert book.to_station() == {2: THIRD}
    assert book.to_csms() == {FIRST: 1, SECOND: 1, THIRD: 2}, "what the station says of them is still theirs"
    for answer in ('{"transactionId":1}', '{"transactionId":9}', "{}", "broken"):
        assert book.pass_on(answer) == [], "told once, and only where there is something to tell"


def test_10_7_what_the_journal_knows_adds_to_what_is_known_here():
    book = numbers(Alias(local=FIRST, real=7), Alias(local=SECOND))
    book.recall((Alias(local=FIRST), Alias(local=SECOND, real=9), Alias(local=THIRD)))
    assert book.to_csms() == {FIRST: 7, SECOND: 9}
    assert len(book) == 3


def test_p6_numbers_of_16_transactions_are_bounded_and_those_the_csms_has_told_go_first():
    one = Numbers()
    for number in range(MAX_ALIASES):
        one.told(Alias(local=number, real=None if number < 3 else 7))
    one.told(Alias(local=5000))
    assert len(one) == MAX_ALIASES
    assert [number in one for number in (0, 1, 2, 3, 5000)] == [True, True, True, False, True]
