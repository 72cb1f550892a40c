"""The judge sees each kind of fault, and nothing where there is none."""

import json

import pytest

from tests.e2e.outage.judge import judge

T0 = 1000.0


def event(seq, kind="Updated", **more):
    info = {"transactionId": "T"}
    return {"eventType": kind, "seqNo": seq, "transactionInfo": info, "timestamp": f"t{seq}"} | more


class Story:
    """A run as both ends wrote it down, made line by line."""

    def __init__(self, version="ocpp2.0.1"):
        self.station = {"version": version, "said": [], "frames": [], "numbers": {"T": 7}}
        self.record = []
        self.at = T0

    def says(self, message_id, action, body, *, kind="kept", told=True, seq=0, sent=1, number=None):
        """The station has something to say, and says it so many times."""
        self.station["said"].append(
            {
                "action": action,
                "body": body,
                "kind": kind,
                "told": told,
                "told_at": self.at,
                "ids": [message_id],
                "seq": seq,
                "transaction": "T" if kind == "kept" else None,
            }
        )
        payload = body if number is None else body | {"transactionId": number}
        for _ in range(sent):
            self._frame("sent", [2, message_id, action, payload])

    def _frame(self, way, frame):
        self.at += 1
        self.station["frames"].append([way, 1, json.dumps(frame), self.at])

    def got(self, *frame):
        """The station gets a frame."""
        self._frame("got", list(frame))

    def sent(self, *frame):
        """The station sends a frame that is no CALL of its own."""
        self._frame("sent", list(frame))

    def csms(self, way, *frame, conn="1", later_s=1.0, late=False):
        """The CSMS hears or says a frame."""
        self.at += later_s
        fact = {"at": self.at, "conn": conn, "id": "S", "way": way, "text": json.dumps(frame), "late": late}
        self.record.append(fact)

    def kinds(self, frozen=()):
        """The faults that the judge finds."""
        verdict = judge({"S": self.station}, self.record, frozen)
        assert verdict.good == (not verdict.faults)
        return set(verdict.faults)


def told_and_seen():
    story = Story()
    for seq, kind in enumerate(("Started", "Updated", "Ended")):
        story.says(f"m{seq}", "TransactionEvent", event(seq, kind), seq=seq)
    for seq, kind in enumerate(("Started", "Updated", "Ended")):
        story.csms("in", 2, f"m{seq}", "TransactionEvent", event(seq, kind))
        story.csms("out", 3, f"m{seq}", {})
    return story


def test_a_run_in_which_all_came_in_order_is_good():
    assert told_and_seen().kinds() == set()


def test_the_offline_flag_may_be_added_on_the_way():
    story = Story()
    story.says("m", "TransactionEvent", event(0, offline=False))
    story.csms("in", 2, "m", "TransactionEvent", event(0, offline=True))
    assert story.kinds() == set()


def test_the_offline_flag_of_the_station_may_not_go():
    story = Story()
    story.says("m", "TransactionEvent", event(0, offline=True))
    story.csms("in", 2, "m", "TransactionEvent", event(0, offline=False))
    assert story.kinds() == {"altered"}


def test_what_a_station_was_told_is_delivered_and_never_came_is_lost():
    story = told_and_seen()
    story.says("m9", "TransactionEvent", event(9), seq=9)
    assert story.kinds() == {"lost"}


def test_what_never_came_is_missing_even_if_nobody_said_that_it_was_delivered():
    story = told_and_seen()
    story.says("m9", "TransactionEvent", event(9), seq=9, told=False)
    assert story.kinds() == {"missing"}


def test_what_came_before_its_predecessor_is_reordered():
    story = told_and_seen()
    story.says("m3", "TransactionEvent", event(3), seq=3)
    story.says("m4", "TransactionEvent", event(4), seq=4)
    story.csms("in", 2, "m4", "TransactionEvent", event(4))
    story.csms("in", 2, "m3", "TransactionEvent", event(3))
    assert story.kinds() == {"reordered"}


def test_a_repetition_after_a_while_or_on_another_connection_is_a_retry_and_keeps_the_order_of_the_first():
    story = told_and_seen()
    story.csms("in", 2, "m0", "TransactionEvent", event(0, "Started"))
    story.csms("in", 2, "m2", "TransactionEvent", event(2, "Ended"), conn="2", later_s=0.1)
    assert story.kinds() == set()


def test_a_repetition_right_after_its_answer_is_doubled():
    story = told_and_seen()
    story.csms("in", 2, "m2", "TransactionEvent", event(2, "Ended"), later_s=0.1)
    assert story.kinds() == {"doubled"}


def test_nobody_knows_what_was_answered_in_time_while_the_csms_stood_still():
    story = told_and_seen()
    story.csms("in", 2, "m2", "TransactionEvent", event(2, "Ended"), later_s=0.1)
    assert story.kinds(frozen=[(story.at - 1, story.at)]) == set()


def test_a_retry_of_the_station_itself_is_not_doubled():
    story = Story()
    story.says("m", "TransactionEvent", event(0), sent=2)
    story.csms("in", 2, "m", "TransactionEvent", event(0))
    story.csms("out", 3, "m", {})
    story.csms("in", 2, "m", "TransactionEvent", event(0), later_s=0.1)
    assert story.kinds() == set()


def test_other_content_under_the_same_id_is_altered():
    story = told_and_seen()
    story.csms("in", 2, "m2", "TransactionEvent", event(2, "Ended", triggerReason="X"))
    assert story.kinds() == {"altered"}


@pytest.mark.parametrize(
    "frame",
    [
        [2, "x", "Heartbeat", {}],
        [2, "x", "TransactionEvent", event(2, "Ended")],
        [3, "own", {"status": "Accepted"}],
        [4, "own", "NotImplemented", "", {}],
    ],
    ids=["an own CALL", "an id of its own", "an answer to an own CALL", "an error to an own CALL"],
)
def test_what_no_station_sent_is_foreign(frame):
    story = told_and_seen()
    story.sent(3, "own", {"status": "Accepted"})
    story.csms("in", *frame)
    assert story.kinds() == {"foreign"}


def test_a_repeated_boot_notification_under_another_id_is_allowed():
    story = told_and_seen()
    story.says("b", "BootNotification", {"reason": "PowerUp"}, kind="other")
    story.csms("in", 2, "another", "BootNotification", {"reason": "PowerUp"})
    assert story.kinds() == set()


def test_a_boot_notification_that_no_station_ever_sent_is_foreign():
    story = told_and_seen()
    story.csms("in", 2, "another", "BootNotification", {"reason": "PowerUp"})
    assert story.kinds() == {"foreign"}


def test_a_stranger_at_the_csms_is_foreign():
    story = told_and_seen()
    story.record.append({"at": 0, "conn": "9", "id": "Nobody", "way": "up", "text": ""})
    assert story.kinds() == {"foreign"}


def asked_down(answer, *, came=None):
    story = told_and_seen()
    call = [2, "c", "RequestStopTransaction", {"transactionId": "T"}]
    story.csms("out", *call)
    story.got(*(came or call))
    story.sent(3, "c", {"status": "Accepted"})
    story.csms("in", 3, "c", answer)
    return story


def test_a_call_of_the_csms_comes_down_and_its_answer_goes_up_unchanged():
    assert asked_down({"status": "Accepted"}).kinds() == set()


def test_another_answer_than_the_stations_is_altered():
    assert asked_down({"status": "Rejected"}).kinds() == {"altered"}


def test_a_call_of_the_csms_that_came_otherwise_is_altered():
    came = [2, "c", "RequestStopTransaction", {"transactionId": "U"}]
    assert asked_down({"status": "Accepted"}, came=came).kinds() == {"altered"}


def test_a_call_of_the_csms_that_came_twice_is_doubled():
    story = asked_down({"status": "Accepted"})
    story.got(2, "c", "RequestStopTransaction", {"transactionId": "T"})
    assert story.kinds() == {"doubled"}


def test_load_management_may_ask_stations_and_nobody_else():
    story = told_and_seen()
    story.got(2, "o", "SetChargingProfile", {})
    assert story.kinds() == set()
    story.got(2, "p", "RequestStopTransaction", {"transactionId": "T"})
    assert story.kinds() == {"foreign"}


def story_16(number_up=77, number_down=7):
    """A 1.6 transaction that is 7 to its station and 77 to its CSMS."""
    story = Story("ocpp1.6")
    start = {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": "t"}
    story.says("s", "StartTransaction", start, seq=0)
    story.says("e", "StopTransaction", {"meterStop": 9, "timestamp": "u"}, seq=1, number=7)
    story.csms("in", 2, "s", "StartTransaction", start)
    story.csms("out", 3, "s", {"transactionId": 77, "idTagInfo": {"status": "Accepted"}})
    story.csms("in", 2, "e", "StopTransaction", {"meterStop": 9, "timestamp": "u", "transactionId": number_up})
    story.csms("out", 2, "c", "RemoteStopTransaction", {"transactionId": 77})
    story.got(2, "c", "RemoteStopTransaction", {"transactionId": number_down})
    return story


def test_a_16_transaction_has_the_number_of_each_side_on_that_side():
    assert story_16().kinds() == set()


def test_the_number_of_the_station_at_the_csms_is_misnumbered():
    assert story_16(number_up=7).kinds() == {"misnumbered"}


def test_the_number_of_the_csms_at_the_station_is_misnumbered():
    assert story_16(number_down=77).kinds() == {"misnumbered"}


@pytest.mark.parametrize(("told", "kinds"), [(False, set()), (True, {"misnumbered"})])
def test_a_station_that_was_told_no_number_yet_hears_the_one_of_the_csms(told, kinds):
    """The answer to StartTransaction was lost; when it is asked again, a naive CSMS gives another number."""
    story = Story("ocpp1.6")
    start = {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": "t"}
    if told:
        story.says("s", "StartTransaction", start)
    story.csms("in", 2, "s", "StartTransaction", start)
    story.csms("out", 3, "s", {"transactionId": 77, "idTagInfo": {"status": "Accepted"}})
    story.csms("out", 2, "c", "RemoteStopTransaction", {"transactionId": 77})
    story.got(2, "c", "RemoteStopTransaction", {"transactionId": 77})
    if not told:
        story.at += 1
        story.says("s", "StartTransaction", start)
    assert story.kinds() == kinds


@pytest.mark.parametrize(("again", "kinds"), [(78, set()), (77, {"misnumbered"})])
def test_a_number_in_whose_place_the_csms_gave_another_may_mean_nothing(again, kinds):
    """Its answer was lost, and the same StartTransaction got 78 from a naive CSMS: nobody has ever heard of 77."""
    story = Story("ocpp1.6")
    start = {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": "t"}
    story.says("s", "StartTransaction", start)
    for number in (77, again):
        story.csms("in", 2, "s", "StartTransaction", start)
        story.csms("out", 3, "s", {"transactionId": number, "idTagInfo": {"status": "Accepted"}})
    story.csms("out", 2, "c", "RemoteStopTransaction", {"transactionId": 77})
    story.at += 1
    story.got(2, "c", "RemoteStopTransaction", {"transactionId": 77})
    assert story.kinds() == kinds


def states(*, seen, told=("a", "b")):
    story = Story()
    for state in "abc":
        body = {"connectorStatus": state}
        story.says(state, "StatusNotification", body, kind="latest", told=state in told)
    for state in seen:
        story.csms("in", 2, state, "StatusNotification", {"connectorStatus": state})
    return story.kinds()


def test_the_last_state_that_was_told_is_the_last_that_came():
    assert states(seen="b") == set()
    assert states(seen="ab") == set()
    assert states(seen="abc") == set(), "nobody said that it came, but it may have come"


def test_an_older_state_that_came_last_is_stale():
    assert states(seen="ba") == {"stale"}
    assert states(seen="") == {"stale"}


def nothing_waits(*, claimed, at_station=False):
    """The CSMS asks about T while one message of it has not come."""
    story = Story()
    story.says("m", "TransactionEvent", event(0))
    story.csms("out", 2, "q", "GetTransactionStatus", {"transactionId": "T"})
    story.got(2, "q", "GetTransactionStatus", {"transactionId": "T"})
    story.sent(3, "q", {"messagesInQueue": at_station})
    story.csms("in", 3, "q", {"messagesInQueue": claimed})
    story.csms("in", 2, "m", "TransactionEvent", event(0))
    return story.kinds()


def test_who_admits_a_backlog_may_bring_it_later():
    assert nothing_waits(claimed=True) == set()


def test_who_denies_a_backlog_and_brings_something_later_is_untrue():
    assert nothing_waits(claimed=False) == {"untrue"}


def test_what_the_station_itself_has_in_its_queue_may_not_be_denied():
    assert nothing_waits(claimed=False, at_station=True) == {"untrue"}
