"""The ring of events: what an operator wants to know, bounded whatever strangers do."""

import pytest

from localctl.observe.events import MAX_TEXT, MOST, MOST_REFUSED, EventBook
from localctl.observe.snapshot import StationView
from routing import observations as seen
from routing.values import Instant, Leg, LinkId


class Book:
    """An event book with a clock of its own."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.book = EventBook(lambda: self.now)

    def sees(self, *observations: seen.Observation) -> "Book":
        for what in observations:
            self.book.observe(LinkId(1), what, Instant(0.0))
            self.now += 1
        return self

    @property
    def kinds(self) -> list[str]:
        return [event.kind for event in self.book.views()]


def refused(identity: str, cause: str = "policy") -> seen.LinkRefused:
    return seen.LinkRefused(identity=identity, status=404, cause=cause, reason="not known here")  # type: ignore[arg-type]


def opened(identity: str = "CP1") -> seen.LinkOpened:
    return seen.LinkOpened(identity=identity, subprotocol="ocpp2.0.1")


def lost(cause: str, identity: str = "CP1") -> seen.LinkLost:
    return seen.LinkLost(identity=identity, by=Leg.STATION, cause=cause, code=None, reason="")  # type: ignore[arg-type]


def test_stations_that_come_and_go_are_events_the_newest_first():
    events = Book().sees(opened(), lost("station_closed")).book.views()
    assert [(event.kind, event.subject, event.at, event.warns) for event in events] == [
        ("lost", "CP1", 1001.0, False),
        ("connected", "CP1", 1000.0, False),
    ]
    assert (events[1].facts, events[0].facts) == ({"version": "ocpp2.0.1"}, {"cause": "station_closed"})


@pytest.mark.parametrize("cause", ["half_dead", "csms_refused", "overrun", "bug"])
def test_a_loss_that_somebody_should_look_at_warns(cause: str):
    assert Book().sees(lost(cause)).book.views()[0].warns


def test_what_can_make_a_station_leave_the_box_is_an_event_without_its_secret():
    book = Book().sees(
        seen.PasswordChanged(identity="CP1", password=b"canary-secret"),
        seen.NetworkProfileSet(identity="CP1", url="wss://user:canary-secret@elsewhere/", slot=1),
        seen.RootCertificateChanged(identity="CP1", change="deleted"),
        seen.StationBooted(identity="CP1", registration=seen.Registration.REJECTED, interval_s=60),
    )
    assert book.kinds == ["not_accepted", "root", "moved", "password"]
    assert "canary" not in repr(book.book.views())


def test_messages_and_good_boots_are_no_events():
    call = seen.CallSeen(identity="CP1", leg=Leg.STATION, action="Heartbeat", message_id="1", payload=b"{}")
    boot = seen.StationBooted(identity="CP1", registration=seen.Registration.ACCEPTED, interval_s=60)
    assert Book().sees(call, boot).kinds == []


def test_the_same_refusal_again_is_counted_and_moves_to_the_front():
    book = Book().sees(refused("X"), refused("Y"), refused("X"))
    assert [(event.subject, event.times) for event in book.book.views()] == [("X", 2), ("Y", 1)]


def test_p6_a_storm_of_strangers_pushes_out_only_strangers():
    book = Book().sees(opened()).sees(*(refused(f"stranger-{number}") for number in range(500)))
    assert len(book.book.views()) == MOST_REFUSED + 1
    assert book.kinds[-1] == "connected"


def test_the_ring_forgets_the_oldest():
    book = Book().sees(*(opened(f"CP{number}") for number in range(MOST + 20)))
    assert len(book.book.views()) == MOST
    assert book.book.views()[-1].subject == "CP20"


def test_p6_words_of_strangers_are_cut_and_without_control_characters():
    (event,) = Book().sees(refused("\x1b[2J\n" + "x" * 5000)).book.views()
    assert len(event.subject) == MAX_TEXT + 1
    assert event.subject.isprintable()


def test_a_csms_that_is_away_is_an_event_on_a_box_that_only_routes_too():
    """Stations that are carried on stay connected: without it nothing would tell."""
    book = Book()
    carried = StationView(identity="CP1", connected=True, upstream_connected=False, since_at=0.0, csms="operator")
    book.book.compare({}, (), (carried,))
    (event,) = book.book.views()
    assert (event.kind, event.subject, event.warns) == ("csms_away", "operator", True)


def test_the_same_tuple_is_shown_until_something_happens():
    book = Book().sees(opened())
    first = book.book.views()
    assert book.book.views() is first
    book.book.compare({}, ())
    assert book.book.views() is first
    book.book.compare({}, ("the disk is full",))
    assert (book.kinds, book.book.views()[0].facts) == (["fault", "connected"], {"reason": "the disk is full"})
