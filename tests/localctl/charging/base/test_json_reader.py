"""Members of foreign JSON: typed, bounded, or refused with their path."""

import pytest

from localctl.charging.base.json_reader import BadMember, Reader, number_or_none
from localctl.charging.profile.profiles import RateUnit


def member(value, name="x"):
    return Reader.of({name: value}, "a.b")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e13, 10**400, True, "6", None, [], {}])
def test_what_is_no_usable_number_is_refused_with_its_path(value):
    with pytest.raises(BadMember, match=r"^a\.b\.x: ") as caught:
        member(value).number("x")
    assert caught.value.path == "a.b.x"
    assert (number_or_none(value), number_or_none(7)) == (None, 7.0)


def test_five_point_nought_is_five_and_five_and_a_half_is_no_integer():
    assert member(5.0).integer("x") == 5
    with pytest.raises(BadMember, match=r"whole number, is 5\.5"):
        member(5.5).integer("x")


def test_a_negative_limit_is_refused():
    assert member(0).optional_limit("x") == 0
    with pytest.raises(BadMember, match=r"must not be negative, is -1"):
        member(-1).optional_limit("x")


@pytest.mark.parametrize("kind", ["text", "integer", "instant", "objects", "child"])
def test_a_missing_member_is_named(kind):
    with pytest.raises(BadMember, match=r"a\.b\.y: is missing"):
        list(getattr(member(1), kind)("y"))


@pytest.mark.parametrize(
    ("kind", "value", "what"),
    [
        ("text", 1, "must be text"),
        ("text", "x" * 256, "must be text"),
        ("optional_flag", "yes", "must be true or false"),
        ("instant", "soon", "'soon' is not a date"),
        ("child", 3, "must be an object, is a number"),
    ],
)
def test_a_member_of_another_type_is_refused(kind, value, what):
    with pytest.raises(BadMember, match=what):
        getattr(member(value), kind)("x")


def test_words_outside_an_enumeration_are_answered_with_the_words_inside():
    with pytest.raises(BadMember, match="must be one of A, W, is 'kW'"):
        member("kW").choice("x", RateUnit)
    with pytest.raises(BadMember, match="must be one of A, W, is a list"):
        member([]).choice("x", RateUnit)


@pytest.mark.parametrize(
    ("value", "what"), [({}, "must be a list"), ([], "1 to 2 elements, has 0"), ([1] * 3, "has 3")]
)
def test_lists_have_bounds(value, what):
    with pytest.raises(BadMember, match=what):
        list(member(value).items("x", most=2))


def test_optional_members_may_be_absent_or_null():
    empty = Reader.of({"x": None}, "")
    assert empty.optional_integer("x") is None
    assert empty.optional_number("y") is None
    assert empty.optional_text("x") is None
    assert empty.optional_instant("x") is None
    assert empty.optional_choice("x", RateUnit) is None
    assert empty.optional_flag("x") is None


def test_what_is_no_object_is_refused():
    with pytest.raises(BadMember, match="request: must be an object, is null"):
        Reader.of(None, "")
