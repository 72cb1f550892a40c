"""Figures in memory follow the transactions on disk."""

from hypothesis import given
from hypothesis import strategies as st

from localctl.store.journal_tally import Book, Tally


def test_what_is_settled_stays_and_what_is_undone_never_was():
    book = Book()
    book.add("cs1", "T1", 300)
    assert book.settle() == {"cs1": Tally(rows=1, size=300, transactions={"T1": 1})}
    book.add("cs1", "", 50)
    book.take("cs1", "T1", 300)
    assert (book.look("cs1").rows, book.size) == (1, 50)
    book.undo()
    assert (book.look("cs1"), book.size) == (Tally(rows=1, size=300, transactions={"T1": 1}), 300)


def test_settled_figures_are_not_changed_under_a_reader():
    book = Book()
    book.add("cs1", "T1", 300)
    read = book.settle()["cs1"]
    book.add("cs1", "T1", 300)
    book.settle()
    assert (read.rows, read.transactions) == (1, {"T1": 1})


def test_a_transaction_without_rows_is_forgotten_with_its_count_of_updates():
    tally = Tally()
    assert [tally.count_update("T1") for _ in range(3)] == [1, 2, 3]
    tally.add("T1", 10)
    tally.take("T1", 10)
    assert (tally.transactions, tally.updates) == ({}, {})


def test_a_station_without_rows_is_forgotten():
    book = Book({"cs1": Tally(rows=1, size=10)})
    book.take("cs1", "", 10)
    assert book.touched() == ["cs1"]
    assert book.settle()["cs1"].rows == 0
    assert book.all() == {}


def test_the_station_that_takes_most_comes_first():
    book = Book({"small": Tally(rows=1, size=10), "big": Tally(rows=1, size=30)})
    book.add("new", "", 20)
    assert book.biggest_first() == ["big", "new", "small"]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 9), st.sampled_from(["settle", "undo", "go on"]))))
def test_the_size_is_the_sum_of_the_stations(steps):
    book = Book()
    for station, size, then in steps:
        book.add(station, "", size)
        if then == "settle":
            book.settle()
        elif then == "undo":
            book.undo()
    assert book.size == sum(book.look(station).size for station in "ab")
