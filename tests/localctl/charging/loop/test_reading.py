"""On a station's first link it is asked what is installed there; what it says is obeyed or overruled at once (K09)."""

import json

import pytest

from localctl.charging.dispatching.answers import Outcome, Verdict, outcome
from localctl.charging.dispatching.fleet import Actuator
from localctl.charging.loop.reading import DAY_S, MOST_AT_ONCE, MOST_DOUBTED, MOST_S, REPORT_S
from localctl.charging.profile.profiles import Protocol
from tests.localctl.charging.played import LOST, YES, Play, place

NOT_SUPPORTED = outcome("error", None, "NotSupported")


class Reader(Play):
    """A site whose stations answer readings as `reading_answers` says: an outcome, or None for all as it should be."""

    def __init__(self, *boxes, **plan):
        super().__init__(*boxes, **plan)
        self.reading_answers = None
        self.asked = []

    def reads_back(self, order, box):
        self.asked.append((self.now, order))
        if self.reading_answers is None:
            super().reads_back(order, box)
        else:
            self.controller.answered(order.token, self.reading_answers, self.now)

    def had(self, name, amps, purpose="TxDefaultProfile", evse=0, level=0, number=1):
        """The CSMS had installed a profile before the box came."""
        schedule = {"id": 1, "chargingRateUnit": "A", "startSchedule": "2020-01-01T00:00:00Z"}
        schedule["chargingSchedulePeriod"] = [{"startPeriod": 0, "limit": amps}]
        profile = {"id": number, "stackLevel": level, "chargingProfilePurpose": purpose}
        profile |= {"chargingProfileKind": "Absolute", "chargingSchedule": [schedule]}
        self.boxes[name].profiles[number] = (evse, profile)
        return self

    def counted(self, name):
        """What the station is taken to draw at most now."""
        return self.controller.dispatcher.held(self.now, self.now)[name].of(1)


def one(control=Actuator.TX_DEFAULT, **more):
    return Reader(place("A", control=control, **more), main_a=32)


def test_k09_a_station_is_asked_once_for_everything_the_csms_set():
    play = one().joins("A").goes_on(120).leaves("A").goes_on(60).joins("A").goes_on(120)
    ((_, order),) = play.asked
    request = json.loads(order.payload)
    assert request == {"requestId": order.reports, "chargingProfile": {"chargingLimitSource": ["CSO"]}}
    assert (order.action, order.priority, order.why) == ("GetChargingProfiles", "routine", "read")


def test_in_1_6_there_is_nothing_to_ask_with():
    play = one(protocol=Protocol.V16).joins("A").goes_on(120)
    assert (play.asked, play.counted("A")) == ([], 6.0)


def test_after_a_restart_nobody_is_asked_again_but_after_the_box_lost_its_state_everybody_is():
    play = one().joins("A").goes_on(60).restarts().joins("A").goes_on(60)
    assert len(play.asked) == 1
    play.restarts(lambda _saved: None).joins("A").goes_on(60)
    assert len(play.asked) == 2


@pytest.mark.parametrize("control", [Actuator.TX_DEFAULT, Actuator.MAX_PROFILE, Actuator.TX_PROFILE])
@pytest.mark.parametrize("purpose", ["TxDefaultProfile", "ChargingStationMaxProfile"])
@pytest.mark.parametrize("level", [0, 7])
def test_5_8_5_a_profile_older_than_the_box_never_keeps_our_limit_from_being_effective(control, purpose, level):
    play = one(control).had("A", 30.0, purpose, level=level).joins("A").goes_on(30).plugs_in("A").goes_on(60)
    play.ems(10).goes_on(60)
    assert play.boxes["A"].allows(1, play.now) == 10.0


@pytest.mark.parametrize("level", [0, 7])
def test_5_8_4_a_lower_limit_older_than_the_box_is_kept_as_well(level):
    play = one().had("A", 8.0, level=level).joins("A").goes_on(30).plugs_in("A").goes_on(90)
    assert play.boxes["A"].allows(1, play.now) == 8.0


def test_p2_until_its_profiles_are_known_a_new_station_counts_at_its_rating_whatever_it_took():
    play = one().joins("A")
    play.reading_answers = YES  # and no report comes
    play.goes_on(REPORT_S)
    assert (play.boxes["A"].allows(1, play.now), play.counted("A")) == (6.0, 32.0)


def test_p2_one_whose_limits_were_confirmed_before_is_taken_at_its_word_meanwhile():
    play = one().joins("A").goes_on(60)

    def forgets(saved):
        del saved["ledgers"]
        return saved

    play.restarts(forgets)
    play.reading_answers = YES
    play.joins("A").goes_on(10)
    assert (len(play.asked), play.counted("A")) == (2, 6.0)
    assert not play.controller.dispatcher.desks["A"].unread


def test_what_a_station_has_to_be_told_comes_before_a_reading():
    play = one().joins("A").cycles()
    assert [order.action for order in play.orders] == ["SetChargingProfile"]
    play.cycles()
    assert [order.action for order in play.orders] == ["GetChargingProfiles"]
    assert play.orders[0].timeout_s < 10


def test_a_station_that_cannot_report_is_steered_without_and_asked_again_in_a_day():
    play = one().joins("A")
    play.reading_answers = NOT_SUPPORTED
    play.goes_on(60)
    assert (len(play.asked), play.counted("A")) == (1, 6.0)
    play.now += DAY_S
    play.cycles()
    assert len(play.asked) == 2
    assert not play.controller.dispatcher.desks["A"].unread


@pytest.mark.parametrize("answer", [LOST, YES, Outcome(verdict=Verdict.REFUSED, reason="Rejected", status="Rejected")])
def test_a_station_that_never_reports_is_asked_ever_more_rarely_and_steered_all_the_same(answer):
    play = one().joins("A")
    play.reading_answers = answer
    play.goes_on(MOST_DOUBTED * MOST_S + 60)
    assert play.counted("A") == 6.0
    play.goes_on(3 * 3600, step=30)
    gaps = [late[0] - early[0] for early, late in zip(play.asked, play.asked[1:], strict=False)]
    assert gaps == sorted(gaps)
    assert len(play.asked) < 15


def test_a_reading_ends_with_its_link_and_what_comes_late_belongs_to_nothing():
    play = one().had("A", 20.0, level=3).joins("A")
    play.reading_answers = YES
    play.cycles().cycles()
    (_, order) = play.asked[0]
    play.leaves("A").goes_on(20).joins("A")
    report = {"requestId": order.reports, "evseId": 0, "chargingProfile": []}
    play.says("A", "ReportChargingProfiles", report, None)
    play.controller.answered(order.token, Outcome(verdict=Verdict.REFUSED, status="NoProfiles"), play.now)
    assert not play.controller.ledgers["A"].known
    play.reading_answers = None
    play.goes_on(60)
    assert play.controller.ledgers["A"].known
    assert play.controller.ledgers["A"].levels() == {"TxDefaultProfile": 3}


def test_a_reading_that_never_left_the_box_begins_in_the_next_cycle():
    play = one().joins("A").cycles()
    for order in play.controller.cycle(play.now):
        play.controller.unsent(order.token)
    play.goes_on(10)
    assert len(play.asked) == 1


def test_a_reading_of_the_csms_is_as_good_as_ours_and_ours_goes_first_while_it_is_under_way():
    play = one().joins("A")
    play.reading_answers = NOT_SUPPORTED
    play.cycles().cycles()
    read = {"requestId": 9, "chargingProfile": {"chargingLimitSource": ["CSO"]}}
    play.controller.told("A", "GetChargingProfiles", read, True, {"status": "Accepted"}, play.now)
    play.says("A", "ReportChargingProfiles", {"requestId": 9, "evseId": 0, "chargingProfile": []}, {})
    assert play.controller.ledgers["A"].known
    other = one().joins("A")
    other.reading_answers = YES
    other.cycles().cycles()
    other.controller.told("A", "GetChargingProfiles", read, True, {"status": "NoProfiles"}, other.now)
    assert not other.controller.ledgers["A"].known


def test_a_reading_of_the_csms_under_a_high_number_makes_room_for_its_next_one():
    play = one().joins("A")
    play.reading_answers = NOT_SUPPORTED
    play.cycles().cycles()
    for number in (2_000_000_007, 2_000_000_008):
        read = {"requestId": number, "chargingProfile": {"chargingLimitSource": ["CSO"]}}
        play.controller.told("A", "GetChargingProfiles", read, True, {"status": "Accepted"}, play.now)
    play.says("A", "ReportChargingProfiles", {"requestId": number, "evseId": 0, "chargingProfile": []}, {})
    assert play.controller.ledgers["A"].known


def test_a_narrow_reading_of_the_csms_under_a_number_used_before_ends_the_one_before():
    play = one().joins("A")
    play.reading_answers = NOT_SUPPORTED
    play.cycles().cycles()
    read = {"requestId": 9, "chargingProfile": {"chargingLimitSource": ["CSO"]}}
    play.controller.told("A", "GetChargingProfiles", read, True, {"status": "Accepted"}, play.now)
    narrow = {"requestId": 9, "chargingProfile": {"stackLevel": 4}}
    play.controller.told("A", "GetChargingProfiles", narrow, True, {"status": "Accepted"}, play.now)
    play.says("A", "ReportChargingProfiles", {"requestId": 9, "evseId": 0, "chargingProfile": []}, {})
    assert play.controller.ledgers["A"].present()


def test_not_more_than_some_stations_are_asked_at_a_time():
    boxes = [place(f"S{number}") for number in range(MOST_AT_ONCE + 10)]
    play = Reader(*boxes, main_a=4000).joins(*[box.managed.identity for box in boxes])
    play.reading_answers = YES
    play.cycles().cycles().cycles()
    assert len(play.asked) == MOST_AT_ONCE
    assert play.counted(boxes[-1].managed.identity) == 32.0
