"""What goes first: the order of the specification, and what never goes."""

from hypothesis import given
from hypothesis import strategies as st

from localctl.store.shedding import Kept, choose
from routing.carrying.items import Kind

KEPT = st.builds(Kept, number=st.just(0), kind=st.sampled_from(Kind), nth=st.integers(1, 64), size=st.integers(1, 5000))
LINES = st.lists(KEPT, max_size=60).map(lambda rows: [row._replace(number=n) for n, row in enumerate(rows, 1)])


def numbers(rows: list[Kept]) -> list[int]:
    return [row.number for row in rows]


def line(*kinds: Kind) -> list[Kept]:
    """Rows in this order; the Updateds are of one transaction."""
    rows, nth = [], 0
    for number, kind in enumerate(kinds, 1):
        nth += kind is Kind.UPDATE
        rows.append(Kept(number, kind, nth, 100))
    return rows


def test_e04_fr07_the_first_third_and_fifth_update_go_first():
    rows = line(Kind.TRANSACTION, *[Kind.UPDATE] * 7, Kind.TRANSACTION)
    assert numbers(choose(rows, over_rows=4)) == [2, 4, 6, 8]


def test_e04_fr07_what_is_thinned_little_by_little_is_thinned_evenly():
    rows = line(*[Kind.UPDATE] * 8)
    gone: list[int] = []
    for _ in range(4):
        (one,) = choose([row for row in rows if row.number not in gone], over_rows=1)
        gone.append(one.number)
    assert gone == [1, 3, 5, 7]


def test_then_events_oldest_first_then_older_latest_then_the_updates_that_are_left():
    rows = line(Kind.LATEST, Kind.EVENT, Kind.UPDATE, Kind.UPDATE, Kind.EVENT, Kind.LATEST, Kind.UPDATE, Kind.UPDATE)
    assert numbers(choose(rows, over_rows=99)) == [3, 7, 2, 5, 1, 6, 4, 8]


def test_e04_fr08_begin_and_end_of_a_transaction_never_go():
    assert choose(line(*[Kind.TRANSACTION] * 5), over_rows=5, over_bytes=10**9) == []


def test_bytes_count_as_well_as_rows():
    rows = [Kept(number, Kind.EVENT, 0, 1000) for number in range(1, 6)]
    assert numbers(choose(rows, over_bytes=2001)) == [1, 2, 3]
    assert numbers(choose(rows, over_rows=1, over_bytes=1500)) == [1, 2]


@given(LINES, st.integers(0, 70), st.integers(0, 100_000))
def test_e04_fr08_never_a_transaction_and_as_much_as_asked_unless_impossible(rows, over_rows, over_bytes):
    chosen = choose(rows, over_rows=over_rows, over_bytes=over_bytes)
    assert all(row.kind is not Kind.TRANSACTION for row in chosen)
    assert set(chosen) <= set(rows)
    assert len(set(chosen)) == len(chosen)
    droppable = [row for row in rows if row.kind is not Kind.TRANSACTION]
    enough = len(chosen) >= over_rows and sum(row.size for row in chosen) >= over_bytes
    assert enough or len(chosen) == len(droppable)


@given(LINES, st.integers(1, 70), st.integers(0, 100_000))
def test_not_one_more_than_needed(rows, over_rows, over_bytes):
    spared = choose(rows, over_rows=over_rows, over_bytes=over_bytes)[:-1]
    assert len(spared) < over_rows or sum(row.size for row in spared) < over_bytes


@given(LINES, st.integers(0, 70))
def test_asking_for_more_only_adds(rows, over_rows):
    fewer, more = choose(rows, over_rows=over_rows), choose(rows, over_rows=over_rows + 1)
    assert more[: len(fewer)] == fewer


@given(LINES, st.integers(0, 70))
def test_an_event_goes_only_when_every_odd_update_is_gone(rows, over_rows):
    chosen = set(choose(rows, over_rows=over_rows))
    if any(row.kind in (Kind.EVENT, Kind.LATEST) for row in chosen):
        assert all(row in chosen for row in rows if row.kind is Kind.UPDATE and row.nth % 2)
    if any(row.kind is Kind.LATEST for row in chosen):
        assert all(row in chosen for row in rows if row.kind is Kind.EVENT)
