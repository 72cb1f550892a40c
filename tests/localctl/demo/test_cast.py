"""The cast: a site worth looking at."""

from collections import Counter
from itertools import islice

from localctl.demo.cast import FIRST_S, LOW_A, PANELS, SHORTEST_STAY_S, USUAL_A, Plan, cast, guests


def test_twelve_stations_of_three_versions_some_over_tls():
    roles = cast(Plan())
    assert Counter(role.model.version for role in roles) == {"ocpp1.6": 4, "ocpp2.0.1": 4, "ocpp2.1": 4}
    assert {role.model.version for role in roles if role.tls} == {"ocpp1.6", "ocpp2.0.1", "ocpp2.1"}
    assert 3 <= sum(role.tls for role in roles) <= 6
    assert len({role.model.identity for role in roles}) == 12


def test_one_and_three_phases_one_disobedient_station_and_two_evses_somewhere():
    models = [role.model for role in cast(Plan())]
    assert {model.phases for model in models} == {1, 3}
    assert sum(not model.obedient for model in models) == 1
    assert any(model.evses == 2 for model in models)
    cars = [visit.car() for role in cast(Plan()) for visit in role.visits]
    assert {car.phases for car in cars} == {1, 3}


def test_every_station_hangs_on_a_panel_and_every_rotation_occurs_on_each():
    main, *rows = PANELS
    assert main.parent is None
    for row in rows:
        here = [role for role in cast(Plan()) if role.panel == row.id]
        assert (row.parent, len(here)) == (main.id, 6)
        assert {role.rotation for role in here} == {"RST", "STR", "TRS"}


def test_the_fuses_bear_the_disobedient_station_whatever_it_draws():
    (liar,) = (role for role in cast(Plan()) if not role.model.obedient)
    most_a = liar.model.max_a * liar.model.evses
    assert all(panel.reserve_a >= most_a for panel in PANELS if panel.id == liar.panel)
    assert PANELS[0].fuse_a >= USUAL_A + most_a


def test_the_disobedient_station_charges_long_enough_for_its_meter_to_tell():
    (liar,) = (role for role in cast(Plan()) if not role.model.obedient)
    assert liar.visits[0].stay_s > 25
    assert liar.visits[0].car().battery_wh > 500


def test_the_ems_asks_for_less_before_the_outage_and_for_the_usual_after_it():
    for plan in (Plan(), Plan(duration_s=12)):
        (_, first_a), (down_at_s, low_a), (up_at_s, last_a) = plan.limits
        assert (first_a, low_a, last_a) == (USUAL_A, LOW_A, USUAL_A)
        assert down_at_s < plan.outage_at_s < plan.outage_at_s + plan.outage_s < up_at_s
        assert plan.follow_s < up_at_s - down_at_s
        first = min(visit.after_s for role in cast(plan) for visit in role.visits)
        assert first >= FIRST_S * plan.pace


def test_cars_come_one_after_the_other_and_leave_before_the_end():
    for plan in (Plan(), Plan(duration_s=12)):
        for role in cast(plan):
            for evse in range(1, role.model.evses + 1):
                visits = [visit for visit in role.visits if visit.evse == evse]
                ends = [visit.after_s + visit.stay_s for visit in visits]
                assert visits
                assert all(end < later.after_s for end, later in zip(ends, visits[1:], strict=False))
                assert ends[-1] < plan.duration_s


def test_somebody_charges_when_the_csms_goes_away():
    plan = Plan()
    charging = [v for role in cast(plan) for v in role.visits if v.after_s < plan.outage_at_s < v.after_s + v.stay_s]
    assert len(charging) >= 4


def test_every_car_stays_long_enough_to_be_given_something():
    for plan in (Plan(), Plan(duration_s=12)):
        stays = [visit.stay_s for role in cast(plan) for visit in role.visits]
        assert min(stays) >= SHORTEST_STAY_S * plan.pace * 0.999


def test_the_site_has_cars_from_the_first_one_to_shortly_before_the_end_and_empties_bit_by_bit():
    visits = [visit for role in cast(Plan()) for visit in role.visits]
    for at_s in range(8, 53):
        assert sum(visit.after_s <= at_s < visit.after_s + visit.stay_s for visit in visits) >= 5, at_s
    last = sorted(max(v.after_s + v.stay_s for v in role.visits) for role in cast(Plan()))
    assert last[-1] - last[0] > 4


def test_guests_never_end_and_no_car_comes_twice():
    role = cast(Plan())[4]
    cars = list(islice(guests(role, 2, Plan()), 50))
    assert {visit.evse for visit in cars} == {2}
    assert all(visit.after_s <= 3 and visit.stay_s >= 30 for visit in cars)
    assert len({visit.car().battery_wh for visit in cars}) == 50


def test_a_car_that_comes_again_is_as_empty_as_before():
    (visit, *_) = cast(Plan())[0].visits
    before = visit.car().soc
    visit.car().soc = 1.0
    assert visit.car().soc == before


def test_the_same_plan_casts_the_same_play():
    assert [role.model for role in cast(Plan())] == [role.model for role in cast(Plan())]
