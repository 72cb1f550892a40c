"""The book of stations, read as the story of a day."""

from itertools import count

from localctl.observe.stations import StationBook
from routing import observations as seen
from routing.values import Instant, Leg, LinkId


def book(*known: str, max_stations: int = 2000) -> StationBook:
    clock = count(1000)
    one = StationBook(unix_now=lambda: float(next(clock)), max_stations=max_stations)
    one.configured(known, upper)
    return one


def upper(_identity: str) -> str:
    return "upper"


def opens(one: StationBook, identity: str, link: int) -> None:
    one.observe(LinkId(link), seen.LinkOpened(identity=identity, subprotocol="ocpp2.0.1"), Instant(0.0))


def loses(one: StationBook, identity: str, link: int) -> None:
    lost = seen.LinkLost(identity=identity, by=Leg.STATION, cause="half_dead", code=1006, reason="gone")
    one.observe(LinkId(link), lost, Instant(0.0))


def boots(one: StationBook, identity: str, link: int) -> None:
    booted = seen.StationBooted(identity=identity, registration=seen.Registration.ACCEPTED, interval_s=300)
    one.observe(LinkId(link), booted, Instant(0.0))


def test_a_configured_station_is_there_before_it_ever_came():
    (view,) = book("CS1").views()
    assert (view.identity, view.connected, view.arrivals, view.last_loss) == ("CS1", False, 0, None)


def test_a_station_comes_boots_and_is_lost():
    one = book("CS1")
    opens(one, "CS1", 1)
    boots(one, "CS1", 1)
    (view,) = one.views()
    assert (view.connected, view.upstream_connected, view.subprotocol) == (True, True, "ocpp2.0.1")
    assert view.registration == "Accepted"
    since = view.since_at
    loses(one, "CS1", 1)
    (view,) = one.views()
    assert (view.connected, view.upstream_connected, view.last_loss) == (False, False, "half dead")
    assert view.since_at > since


def test_late_news_of_the_old_link_does_not_touch_the_new_one():
    one = book()
    opens(one, "CS1", 1)
    opens(one, "CS1", 2)
    loses(one, "CS1", 1)
    boots(one, "CS1", 1)
    (view,) = one.views()
    assert (view.connected, view.registration, view.arrivals) == (True, "Unknown", 2)


def test_a_station_that_comes_again_has_to_boot_again():
    one = book()
    opens(one, "CS1", 1)
    boots(one, "CS1", 1)
    loses(one, "CS1", 1)
    opens(one, "CS1", 2)
    assert one.views()[0].registration == "Unknown"


def test_a_refused_station_is_not_entered():
    one = book()
    refused = seen.LinkRefused(identity="stranger", status=404, cause="csms", reason="not found")
    one.observe(LinkId(1), refused, Instant(0.0))
    assert one.views() == ()


def test_the_book_forgets_the_station_that_is_away_longest_and_never_a_connected_one():
    one = book(max_stations=3)
    for link, identity in enumerate(["a", "b", "c"]):
        opens(one, identity, link)
    loses(one, "b", 1)
    loses(one, "a", 0)
    opens(one, "d", 4)
    assert [view.identity for view in one.views()] == ["a", "c", "d"]


def test_strangers_never_push_out_a_station_of_the_configuration():
    one = book("listed", max_stations=2)
    for link, identity in enumerate(["a", "b"]):
        opens(one, identity, link)
        loses(one, identity, link)
    assert [view.identity for view in one.views()] == ["b", "listed"]


def test_a_reload_brings_new_stations_and_lets_those_go_that_it_took_out():
    one = book("stays", "away", "here")
    opens(one, "here", 1)
    opens(one, "stranger", 2)
    one.configured(["STAYS", "new"], upper)
    assert [view.identity for view in one.views()] == ["here", "new", "stays", "stranger"]
    loses(one, "here", 1)
    loses(one, "stranger", 2)
    assert [view.identity for view in one.views()] == ["new", "stays", "stranger"]


def test_a_station_that_was_taken_out_and_is_listed_again_before_it_went_stays():
    one = book("CP1")
    opens(one, "CP1", 1)
    one.configured([], upper)
    one.configured(["CP1"], upper)
    loses(one, "CP1", 1)
    assert [(view.identity, view.connected) for view in one.views()] == [("CP1", False)]


def test_whose_a_station_is_follows_the_configuration():
    one = book("listed")
    opens(one, "stranger", 1)
    assert {view.csms for view in one.views()} == {"upper"}
    one.configured(["listed", "lost"], {"listed": "fleet", "stranger": "guests"}.get)
    assert [(view.identity, view.csms) for view in one.views()] == [
        ("listed", "fleet"), ("lost", None), ("stranger", "guests"),
    ]  # fmt: skip


def test_stations_are_shown_by_name():
    one = book()
    for link, identity in enumerate(["b", "a"]):
        opens(one, identity, link)
    assert [view.identity for view in one.views()] == ["a", "b"]


def test_a_station_that_changes_the_case_of_its_identity_is_the_same_station():
    one = book("CP1")
    opens(one, "cp1", 1)
    assert [(view.identity, view.connected) for view in one.views()] == [("CP1", True)]
    loses(one, "Cp1", 1)
    assert [(view.identity, view.connected) for view in one.views()] == [("CP1", False)]
