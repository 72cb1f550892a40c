"""Who is to blame for an excess."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localctl.simulate.judge import Cause, Draw, Grace, Judge

GRACE = Grace(reaction_s=5, order_s=10, meter_s=60)
HARD = {"hard": True, "excused_until": -1.0}
SET = {"hard": False, "excused_until": -1.0}


def judge():
    return Judge(GRACE)


def test_an_overdrawn_fuse_is_a_fault_even_when_nobody_can_be_reached():
    court = judge()
    court.hinder("A", "link")
    assert court.split(4, {"A": Draw(amount=20)}, 100, **HARD) == {Cause.FAULT: 4}


def test_a_limit_that_was_just_set_is_excused_for_order_and_reaction():
    assert judge().split(4, {"A": Draw(amount=20)}, 10, hard=False, excused_until=15) == {Cause.REACTION: 4}
    assert judge().split(4, {"A": Draw(amount=20)}, 15, hard=False, excused_until=15) == {Cause.FAULT: 4}


def test_only_what_unreachable_stations_draw_excuses_a_set_limit():
    court = judge()
    court.hinder("A", "link")
    draws = {"A": Draw(amount=20), "B": Draw(amount=1)}
    assert court.split(4, draws, 100, **SET) == {Cause.UNREACHABLE: 3, Cause.FAULT: 1}


def test_a_station_can_obey_some_time_after_every_hindrance_is_over():
    court = judge()
    court.hinder("A", "link")
    court.hinder("A", "troubled")
    court.free("A", "link", 100)
    assert not court.can_obey("A", 1000)
    court.free("A", "troubled", 1000)
    assert not court.can_obey("A", 1014)
    assert court.can_obey("A", 1015)


def test_what_a_fresh_liar_takes_against_its_profiles_is_the_liars():
    court = judge()
    court.heard("L", 16, 6, 100)
    draws = {"L": Draw(amount=16, forbidden=10), "B": Draw(amount=20)}
    assert court.split(12, draws, 100, **HARD) == {Cause.LIAR: 10, Cause.FAULT: 2}


def test_a_known_liar_has_to_be_made_room_for_by_those_who_obey():
    court = judge()
    court.heard("L", 16, 6, 100)
    late = 100 + GRACE.notice_s
    draws = {"L": Draw(amount=16, forbidden=10), "B": Draw(amount=3)}
    assert court.split(12, draws, late, **HARD) == {Cause.LIAR: 7, Cause.FAULT: 5}


def test_a_liar_whose_meter_does_not_tell_is_never_known():
    court = judge()
    court.standing("L").betrayed = False
    court.heard("L", 16, 6, 100)
    draws = {"L": Draw(amount=16, forbidden=10), "B": Draw(amount=30)}
    assert court.split(5, draws, 1e6, **HARD) == {Cause.LIAR: 5}


def test_nobody_can_know_a_liar_that_is_away_or_has_just_come_back():
    court = judge()
    court.heard("L", 16, 6, 100)
    court.hinder("L", "link")
    draws = {"L": Draw(amount=16, forbidden=10), "B": Draw(amount=30)}
    assert court.split(5, draws, 10_000, **HARD) == {Cause.LIAR: 5}
    court.free("L", "link", 10_000)
    assert court.split(5, draws, 10_001, **HARD) == {Cause.LIAR: 5}
    assert court.split(5, draws, 10_000 + GRACE.notice_s, **HARD) == {Cause.FAULT: 5}


def test_a_liar_that_kept_its_limit_in_between_is_fresh_again():
    court = judge()
    court.heard("L", 16, 6, 100)
    court.heard("L", 6, 6, 200)
    court.heard("L", 16, 6, 300)
    assert court.standing("L").lying_since == 300


def test_what_a_csms_meddled_with_is_excused_until_it_can_be_repaired():
    court = judge()
    court.meddled("A", 100)
    draws = {"A": Draw(amount=3)}
    assert court.split(4, draws, 101, **HARD) == {Cause.MEDDLED: 3, Cause.FAULT: 1}
    assert court.split(4, draws, 100 + GRACE.repair_s, **HARD) == {Cause.FAULT: 4}


@given(
    over=st.floats(0.01, 100), hard=st.booleans(), now=st.floats(0, 1000),
    draws=st.dictionaries(st.sampled_from("ABC"), st.tuples(st.floats(0, 50), st.floats(0, 50)), max_size=3),
    hindered=st.sets(st.sampled_from("ABC")), meddled=st.sets(st.sampled_from("ABC")),
)  # fmt: skip
def test_every_excess_is_divided_without_rest(over, hard, now, draws, hindered, meddled):
    court = judge()
    for name in hindered:
        court.hinder(name, "link")
    for name in meddled:
        court.meddled(name, 500)
    parts = court.split(
        over, {name: Draw(amount=a, forbidden=min(a, f)) for name, (a, f) in draws.items()}, now, hard=hard,
        excused_until=300,
    )  # fmt: skip
    assert sum(parts.values()) == pytest.approx(over)
    assert all(amount > 0 for amount in parts.values())
