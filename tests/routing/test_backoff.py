"""Part 4 5.4: wait, double a few times, stay; random part fresh each time; start over after success."""

from routing.backoff import MAX_IDENTITIES, Backoffs
from routing.policy import StationPolicy
from routing.values import Instant

POLICY = StationPolicy(csms="main", retry_min_s=10.0, retry_range_s=4.0, retry_repeats=3)
T0 = Instant(100.0)


def test_5_4_the_wait_doubles_as_often_as_allowed_and_then_stays():
    waits = Backoffs(lambda: 0.0)
    assert [waits.failed("a", POLICY, T0) for _ in range(6)] == [10, 20, 40, 80, 80, 80]


def test_5_4_the_random_part_is_fresh_and_not_doubled():
    draws = iter([0.0, 0.5, 1.0])
    waits = Backoffs(lambda: next(draws))
    assert [waits.failed("a", POLICY, T0) for _ in range(3)] == [10, 22, 44]


def test_5_4_success_starts_over():
    waits = Backoffs(lambda: 0.0)
    waits.failed("a", POLICY, T0)
    waits.failed("a", POLICY, T0)
    waits.reached("a")
    assert waits.wait_s("a", T0) == 0
    assert waits.failed("a", POLICY, T0) == 10


def test_the_wait_runs_down_and_is_the_identitys_own():
    waits = Backoffs(lambda: 0.0)
    waits.failed("a", POLICY, T0)
    assert waits.wait_s("a", Instant(104.0)) == 6
    assert waits.wait_s("a", Instant(110.0)) == 0
    assert waits.wait_s("a", Instant(999.0)) == 0
    assert waits.wait_s("b", T0) == 0


def test_p6_a_flood_of_identities_takes_bounded_memory():
    waits = Backoffs(lambda: 0.0)
    for number in range(MAX_IDENTITIES + 50):
        waits.failed(str(number), POLICY, T0)
    assert len(waits) == MAX_IDENTITIES
    assert waits.wait_s("0", T0) == 0
    assert waits.wait_s(str(MAX_IDENTITIES), T0) == 10


def test_p6_no_number_of_failures_makes_the_wait_overflow():
    waits = Backoffs(lambda: 0.0)
    patient = StationPolicy(csms="main", retry_min_s=1.0, retry_repeats=10)
    assert [waits.failed("a", patient, T0) for _ in range(3000)][-1] == 1024
