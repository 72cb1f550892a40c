"""The cast: a site worth looking at."""

from collections import Counter

from localctl.demo.cast import Plan, cast


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


def test_the_same_plan_casts_the_same_play():
    assert [role.model for role in cast(Plan())] == [role.model for role in cast(Plan())]
