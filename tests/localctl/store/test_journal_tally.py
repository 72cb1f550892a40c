"""Figures in memory follow the transactions on disk."""

from copy import deepcopy

from hypothesis import given
from hypothesis import strategies as st

from localctl.store.journal_tally import Book, Figures, Tally

STEP = st.tuples(
    st.sampled_from(["add", "update", "take"]),
    st.sampled_from("ab"),
    st.sampled_from(["", "T1", "T2"]),
    st.integers(1, 9),
)


def play(book: Book, steps, there: list[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    """Rows come and go; those that are there in the end."""
    there = list(there)
    for what, station, transaction, size in steps:
        if what == "take" and there:
            book.take(*there.pop(size % len(there)))
        elif what == "add" or transaction:
            book.add(station, transaction, size, is_update=what == "update")
            there.append((station, transaction, size))
    return there


def test_what_is_settled_stays_and_what_is_undone_never_was():
    book = Book()
    book.add("cs1", "T1", 300)
    assert book.settle() == {"cs1": Figures(rows=1, size=300)}
    book.add("cs1", "", 50)
    book.take("cs1", "T1", 300)
    assert (book.look("cs1").rows, book.size) == (1, 50)
    book.undo()
    assert (book.look("cs1"), book.size) == (Tally(Figures(rows=1, size=300), {"T1": 1}), 300)


def test_a_transaction_without_rows_is_forgotten_with_its_count_of_updates():
    book = Book()
    assert [book.add("cs1", "T1", 10, is_update=True) for _ in range(3)] == [1, 2, 3]
    assert book.add("cs1", "T2", 10) == 0
    for _ in range(3):
        book.take("cs1", "T1", 10)
    assert (book.look("cs1").transactions, book.look("cs1").updates) == ({"T2": 1}, {})


def test_updates_are_counted_on_when_some_are_gone():
    book = Book()
    for _ in range(3):
        book.add("cs1", "T1", 10, is_update=True)
    book.take("cs1", "T1", 10)
    assert book.add("cs1", "T1", 10, is_update=True) == 4


def test_a_station_without_rows_is_told_once_and_forgotten():
    book = Book({"cs1": Tally(Figures(rows=1, size=10, oldest_at=5.0))})
    book.take("cs1", "", 10)
    book.oldest("cs1", None)
    assert book.touched() == ["cs1"]
    assert book.settle() == {"cs1": Figures()}
    assert (book.all(), book.touched()) == ({}, [])


def test_the_station_that_takes_most_comes_first():
    book = Book({"small": Tally(Figures(1, 10)), "big": Tally(Figures(1, 30))})
    book.add("new", "", 20)
    assert book.biggest_first() == ["big", "new", "small"]


@given(st.lists(STEP, max_size=30), st.lists(STEP, max_size=30))
def test_undo_restores_everything(settled, undone):
    book = Book()
    there = play(book, settled, [])
    book.settle()
    before = deepcopy((book.all(), book.look("a"), book.look("b"), book.size))
    play(book, undone, there)
    book.undo()
    assert (book.all(), book.look("a"), book.look("b"), book.size) == before


@given(st.lists(STEP, max_size=40))
def test_the_figures_are_those_of_the_rows_that_are_there(steps):
    book = Book()
    there = play(book, steps, [])
    book.settle()
    assert book.size == sum(size for _, _, size in there)
    for station in "ab":
        rows = [row for row in there if row[0] == station]
        assert book.look(station).figures == Figures(len(rows), sum(size for _, _, size in rows))
        assert sum(book.look(station).transactions.values()) == len([row for row in rows if row[1]])
