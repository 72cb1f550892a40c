"""Who may charge while the CSMS is away (C10, C11, C13), and what the store shows (P7)."""

import json
import time

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from routing.carrying.authorizations import DAY_S, Authorizations, Entry, Gone
from tests.routing.carrying.clerk import CSMS, KEY, NOW

OTHER_CSMS = "wss://other.example"


class Book:
    """Authorisations as a test speaks of them: 2.0.1 tokens by name, times in seconds from `NOW`."""

    def __init__(self, **how):
        self.kept = Authorizations(KEY, **how)

    def answered(self, name, *, info=None, at=0.0, csms=CSMS, by="CS-1", **more):
        request = {"idToken": {"idToken": name, "type": "ISO14443"}}
        self.exchange("Authorize", request, {"idTokenInfo": info or {"status": "Accepted"} | more}, at, csms, by)

    def listed(self, update, entries, *, station="CS-1", at=0.0):
        said = [
            {"idToken": {"idToken": name, "type": "ISO14443"}} | ({"idTokenInfo": {"status": status}} if status else {})
            for name, status in entries.items()
        ]
        request = {"versionNumber": 1, "updateType": update, "localAuthorizationList": said}
        self.exchange("SendLocalList", request, {"status": "Accepted"}, at, CSMS, station, by_station=False)

    def exchange(self, action, request, answer, at=0.0, csms=CSMS, station="CS-1", *, by_station=True):
        raw = json.dumps(request).encode(), json.dumps(answer).encode()
        self.kept.learn(csms, station, "ocpp2.0.1", by_station, action, *raw, NOW + at)

    def ask(self, name, *, at=0.0, csms=CSMS, station="CS-1", kind="ISO14443", version="ocpp2.0.1"):
        token = json.dumps({"idToken": name, "type": kind} if version != "ocpp1.6" else name)
        return self.kept.verdict(csms, station, version, token, NOW + at)

    def status(self, name, **where):
        return json.loads(self.ask(name, **where).info)["status"]


def test_c10_a_verdict_is_given_again_as_it_was_with_its_group():
    book = Book()
    group = {"idToken": "FLEET", "type": "Central"}
    book.answered("04A1", info={"status": "Accepted", "groupIdToken": group, "chargingPriority": 3})
    verdict = book.ask("04a1")
    assert json.loads(verdict.info) == {"status": "Accepted", "groupIdToken": group, "chargingPriority": 3}
    assert (verdict.known, verdict.accepted) == (True, True)


@pytest.mark.parametrize("status", ["Blocked", "Expired", "Invalid", "NoCredit", "NotAtThisLocation", "Unknown"])
def test_c10_a_refusal_is_given_again_as_it_was(status):
    book = Book(unknown="accept")
    book.answered("04A1", status=status)
    verdict = book.ask("04A1")
    assert (json.loads(verdict.info)["status"], verdict.known, verdict.accepted) == (status, True, False)


def test_the_csmss_last_word_counts():
    book = Book()
    book.answered("04A1")
    book.answered("04A1", status="Blocked")
    assert book.status("04A1") == "Blocked"


def test_concurrent_tx_says_nothing_lasting_of_a_token():
    book = Book()
    book.answered("04A1", status="ConcurrentTx")
    assert not book.ask("04A1").known
    book.answered("04A1")
    book.answered("04A1", status="ConcurrentTx")
    assert book.status("04A1") == "Accepted"


def test_stations_of_a_csms_share_what_it_said_and_other_csmss_know_nothing_of_it():
    book = Book()
    book.answered("04A1", by="CS-1")
    assert book.ask("04A1", station="CS-2").accepted
    assert not book.ask("04A1", csms=OTHER_CSMS).known


def test_type_and_version_tell_tokens_apart():
    book = Book()
    book.answered("04A1")
    assert not book.ask("04A1", kind="eMAID").known
    assert not book.ask("04A1", version="ocpp1.6").known
    assert book.ask("04A1", version="ocpp2.1").known


def test_the_policy_for_unknown_tokens():
    assert book_says(Book().ask("X")) == ({"status": "Unknown"}, False, False)
    assert book_says(Book().ask("X", version="ocpp1.6")) == ({"status": "Invalid"}, False, False)
    until = "2026-09-21T15:13:20Z"
    accepted = {"status": "Accepted", "cacheExpiryDateTime": until}
    assert book_says(Book(unknown="accept").ask("X")) == (accepted, False, True)
    accepted = {"status": "Accepted", "expiryDate": until}
    assert book_says(Book(unknown="accept").ask("X", version="ocpp1.6")) == (accepted, False, True)


def book_says(verdict):
    return json.loads(verdict.info), verdict.known, verdict.accepted


def test_an_unreadable_token_is_an_unknown_one():
    assert not Book().kept.verdict(CSMS, "CS-1", "ocpp2.0.1", b"", NOW).accepted
    assert Book(unknown="accept").kept.verdict(CSMS, "CS-1", "ocpp1.6", b"{", NOW).accepted


def test_c10_a_verdict_ends_after_the_lifetime_of_the_policy():
    book = Book()
    book.answered("04A1")
    assert book.ask("04A1", at=7 * DAY_S - 1).accepted
    assert not book.ask("04A1", at=7 * DAY_S).known
    book.answered("04A1", at=3600)
    assert book.ask("04A1", at=7 * DAY_S).accepted


@pytest.mark.parametrize("date", ["2026-09-21T14:14:20Z", "2026-09-21T16:14:20+02:00", "2026-09-21T14:14:20"])
def test_c10_a_verdict_ends_at_its_own_date(date, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")  # a date without a zone is UTC, wherever the box stands
    time.tzset()
    book = Book()
    book.answered("04A1", cacheExpiryDateTime=date)
    accepted = [book.ask("04A1", at=at).accepted for at in (59, 60)]
    monkeypatch.undo()
    time.tzset()
    assert accepted == [True, False]


def test_a_16_verdict_ends_at_its_expiry_date():
    book = Book()
    raw = b'{"idTag":"A"}', b'{"idTagInfo":{"status":"Accepted","expiryDate":"2026-09-21T14:14:20Z"}}'
    book.kept.learn(CSMS, "CS-1", "ocpp1.6", True, "StartTransaction", *raw, NOW)
    assert book.status("a", at=59, version="ocpp1.6") == "Accepted"
    assert book.status("a", at=60, version="ocpp1.6") == "Invalid"


@pytest.mark.parametrize("date", ["soon", "", 5, None, "9999-12-31T23:59:59-23:00", "2099-01-01T00:00:00Z"])
def test_a_date_that_is_unreadable_or_far_leaves_the_lifetime(date):
    book = Book(lifetime_s=100.0)
    book.answered("04A1", cacheExpiryDateTime=date)
    assert book.ask("04A1", at=99).accepted
    assert not book.ask("04A1", at=100).known


def test_c13_the_stations_local_list_comes_before_the_cache():
    book = Book()
    book.answered("04A1")
    book.listed("Full", {"04A1": "Blocked"}, station="CS-1")
    assert book.status("04A1", station="CS-1") == "Blocked"
    assert book.status("04A1", station="CS-2") == "Accepted"


def test_d01_lists_are_replaced_changed_and_emptied():
    book = Book()
    book.listed("Full", {"A": "Accepted", "B": "Accepted"})
    book.listed("Differential", {"B": None, "C": "Expired", "D": None})
    assert [book.status(name) for name in "ABCD"] == ["Accepted", "Unknown", "Expired", "Unknown"]
    book.listed("Full", {"C": "Accepted"})
    assert [book.status(name) for name in "ABC"] == ["Unknown", "Unknown", "Accepted"]
    book.listed("Full", {})
    assert book.status("C") == "Unknown"


def test_d01_a_full_list_of_one_station_leaves_the_others():
    book = Book()
    book.listed("Full", {"A": "Accepted"}, station="CS-1")
    book.listed("Full", {"B": "Accepted"}, station="CS-2")
    assert book.ask("A", station="CS-1").accepted
    assert not book.ask("A", station="CS-2").known


def test_a_local_list_does_not_age():
    book = Book()
    book.listed("Full", {"A": "Accepted"})
    assert book.ask("A", at=1000 * DAY_S).accepted


def test_c11_clear_cache_empties_what_that_csms_taught_but_no_list():
    book = Book()
    book.answered("A")
    book.answered("B", csms=OTHER_CSMS)
    book.listed("Full", {"C": "Accepted"})
    book.exchange("ClearCache", {}, {"status": "Rejected"}, station="CS-2", by_station=False)
    assert not book.ask("A").known
    assert book.ask("B", csms=OTHER_CSMS).known
    assert book.ask("C").known


def remote_start(book, name, at=0.0):
    request = {"idToken": {"idToken": name, "type": "ISO14443"}, "remoteStartId": 1}
    book.exchange("RequestStartTransaction", request, {"status": "Accepted"}, at, by_station=False)


def test_f01_a_remote_start_vouches_for_an_hour_where_nothing_is_known():
    book = Book()
    remote_start(book, "A")
    assert book.ask("A", at=3599).accepted
    assert not book.ask("A", at=3600).known
    book.answered("B", status="Blocked")
    remote_start(book, "B")
    assert book.status("B") == "Blocked"
    book.answered("C")
    remote_start(book, "C", at=10)
    assert book.ask("C", at=DAY_S).accepted
    remote_start(book, "C", at=8 * DAY_S)
    assert book.ask("C", at=8 * DAY_S).accepted


def test_p6_a_verdict_nested_to_the_limit_never_raises():
    book = Book()
    token = b'{"idToken":{"idToken":"A","type":"Local"}}'
    for depth in range(800, 1100, 3):
        info = f'{{"status":"Accepted","cacheExpiryDateTime":{"[" * depth}{"]" * depth}}}'
        answer = f'{{"idTokenInfo":{info}}}'.encode()
        book.kept.learn(CSMS, "CS-1", "ocpp2.0.1", True, "Authorize", token, answer, NOW)
        book.ask("A", kind="Local")


def test_p6_the_cache_is_bounded_and_the_oldest_goes_first():
    book = Book(most=2)
    for name in "ABAC":
        book.answered(name)
    assert [book.ask(name).known for name in "ABC"] == [True, False, True]
    book.listed("Full", {"D": "Accepted"})
    assert book.ask("A").known


def test_p6_a_huge_verdict_is_not_learnt_and_the_old_one_not_believed():
    book = Book()
    book.answered("A")
    book.answered("A", personalMessage={"content": "x" * 5000})
    assert not book.ask("A").known


def test_p7_nothing_stored_shows_a_token_or_a_verdict():
    book = Book()
    book.answered("CARD-1", groupIdToken={"idToken": "CARD-2", "type": "Central"})
    book.listed("Full", {"CARD-3": "Accepted"})
    stored = repr(book.kept.take_changes()) + repr(book.kept)
    assert "card-" not in stored.casefold()
    assert "Accepted" not in stored


def test_changes_are_handed_out_once_as_plain_json_and_come_back():
    book, later = Book(), Book()
    book.answered("A", groupIdToken={"idToken": "G", "type": "Local"})
    book.listed("Full", {"B": "Accepted"})
    taken = msgspec.json.decode(msgspec.json.encode(book.kept.take_changes()), type=list[Entry])
    later.kept.load(taken)
    assert later.ask("A") == book.ask("A")
    assert later.ask("B").accepted
    assert (book.kept.take_changes(), later.kept.take_changes()) == ([], [])


def test_what_is_gone_is_said_only_of_what_the_store_has():
    book = Book()
    book.listed("Full", {"A": "Accepted"})
    (stored,) = book.kept.take_changes()
    book.listed("Full", {"B": "Accepted"})
    book.listed("Full", {})
    assert book.kept.take_changes() == [Gone(csms=CSMS, station="CS-1", token=stored.token)]
    book.listed("Full", {"A": "Accepted"})
    book.listed("Full", {})
    assert book.kept.take_changes() == []


def test_a_store_with_another_key_is_worth_nothing():
    book = Book()
    book.answered("A")
    stranger = Authorizations(b"another key")
    stranger.load(book.kept.take_changes())
    assert not stranger.verdict(CSMS, "CS-1", "ocpp2.0.1", b'{"idToken":"A","type":"ISO14443"}', NOW).known


class StoreFollows(RuleBasedStateMachine):
    """A store that applies all changes always has what the box knows, and neither grows without bound."""

    @initialize()
    def begin(self):
        self.book, self.store = Book(most=4), {}

    @rule(name=st.sampled_from("ABCDEFGH"), status=st.sampled_from(["Accepted", "Blocked"]))
    def answered(self, name, status):
        self.book.answered(name, status=status)

    @rule(
        update=st.sampled_from(["Full", "Differential"]),
        entries=st.dictionaries(st.sampled_from("ABCDEFGH"), st.sampled_from(["Accepted", None]), max_size=6),
        station=st.sampled_from(["CS-1", "CS-2"]),
    )
    def listed(self, update, entries, station):
        self.book.listed(update, entries, station=station)

    @rule()
    def cleared(self):
        self.book.exchange("ClearCache", {}, {}, by_station=False)

    @rule()
    def persist(self):
        for change in self.book.kept.take_changes():
            place = change.csms, change.station, change.token
            self.store.pop(place, None)
            if isinstance(change, Entry):
                self.store[place] = change
        assert len(self.store) <= 8

    @rule()
    def restart(self):
        self.persist()
        before = self.answers()
        self.book = Book(most=4)
        self.book.kept.load(self.store.values())
        assert self.book.kept.take_changes() == []
        assert self.answers() == before

    def answers(self):
        return [self.book.status(name, station=station) for name in "ABCDEFGH" for station in ("CS-1", "CS-2")]

    @invariant()
    def few_changes_wait(self):
        assert len(self.book.kept._changed) <= 16


TestStoreFollows = StoreFollows.TestCase
TestStoreFollows.settings = settings(max_examples=60, stateful_step_count=30)
