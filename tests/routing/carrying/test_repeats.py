"""The bounded memory of what a station said."""

from hypothesis import given
from hypothesis import strategies as st

from routing.carrying.items import Kind
from routing.carrying.repeats import MARK_BYTES, Repeats, mark

PARTS = st.lists(st.text(alphabet="a\0,1\ud800"), max_size=4)


@given(PARTS, PARTS)
def test_marks_are_equal_only_for_equal_parts(one, other):
    assert (mark(*one) == mark(*other)) == (one == other)
    assert len(mark(*one)) == MARK_BYTES


def test_marks_tell_apart_where_one_part_ends():
    assert mark("a\0", "b") != mark("a", "\0b") != mark("a\0\0b")


def test_what_was_added_is_known_with_its_number():
    repeats = Repeats()
    repeats.add(mark("a"), Kind.TRANSACTION, 5)
    repeats.add(mark("b"), Kind.EVENT)
    assert mark("a") in repeats
    assert mark("b") in repeats
    assert mark("c") not in repeats
    assert [repeats.invented(mark(name)) for name in "abc"] == [5, None, None]


def test_p6_the_oldest_of_a_sort_makes_room_and_meter_values_never_push_out_a_start():
    repeats = Repeats(most=3)
    repeats.add(mark("start"), Kind.TRANSACTION, 5)
    for number in range(10):
        repeats.add(mark("values", str(number)), Kind.UPDATE)
    assert [mark("values", str(number)) in repeats for number in range(10)] == [False] * 7 + [True] * 3
    assert repeats.invented(mark("start")) == 5
    for number in range(3):
        repeats.add(mark("event", str(number)), Kind.TRANSACTION)
    assert mark("start") not in repeats


def test_what_is_added_again_counts_as_new():
    repeats = Repeats(most=2)
    for name in "abac":
        repeats.add(mark(name), Kind.EVENT)
    assert [mark(name) in repeats for name in "abc"] == [True, False, True]


def test_p4_what_never_came_to_the_disk_is_forgotten_and_what_did_stays():
    repeats = Repeats()
    for name in "ab":
        repeats.add(mark(name), Kind.TRANSACTION, 5)
        repeats.add(mark(name, name), Kind.EVENT)
    repeats.confirm(mark("a"))
    repeats.confirm(mark("a", "a"))
    repeats.confirm(mark("never added"))
    repeats.drop_open()
    assert [mark(*parts) in repeats for parts in ("a", "aa", "b", "bb")] == [True, True, False, False]
    repeats.drop_open()
    assert repeats.invented(mark("a")) == 5


def test_p6_what_made_room_is_no_longer_open():
    repeats = Repeats(most=2)
    for name in "abcdef":
        repeats.add(mark(name), Kind.EVENT)
    assert len(repeats._open) == 2


def test_p4_a_connection_believes_only_what_it_has_open_itself():
    repeats = Repeats()
    for name in "abc":
        repeats.add(mark(name), Kind.TRANSACTION)
    repeats.confirm(mark("c"))
    repeats.drop_open(but={mark("a")})
    assert [mark(name) in repeats for name in "abc"] == [True, False, True]
    repeats.drop_open()
    assert mark("a") not in repeats
