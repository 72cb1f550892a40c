"""Places for stations that are in no [[station]]: lent on arrival, owned once the CSMS says yes, free when listed."""

from localctl.adoption import Adoption
from routing.observations import LinkLost, LinkOpened, LinkRefused
from tests.localctl.config.files import ROUTER, good

PANEL = '[[panel]]\nid = "main"\nfuse_a = 63\n'
ADOPT = ROUTER.replace('"route"', '"adopt"\nadopt_into = "main"\nadopt_count = 2') + PANEL
CONFIG = good(ADOPT)


def opened(identity):
    return LinkOpened(identity=identity, subprotocol="ocpp2.0.1")


def refused(identity):
    return LinkRefused(identity=identity, status=401, cause="csms", reason="")


def test_only_so_many_distinct_stations_get_in():
    adoption = Adoption()
    assert [adoption.admits(name, CONFIG) for name in ("A", "B", "C", "a", "B")] == [True, True, False, True, True]


def test_a_stranger_whom_the_csms_refuses_uses_no_place_up():
    adoption = Adoption()
    for number in range(5):
        assert adoption.admits(f"scan-{number}", CONFIG)
        adoption.observe(refused(f"scan-{number}"))
    assert adoption.settled == ()


def test_a_station_keeps_its_place_when_it_leaves_or_is_refused_later():
    kept = []
    adoption = Adoption(keep=kept.append)
    for name in ("A", "B"):
        adoption.admits(name, CONFIG)
        adoption.observe(opened(name))
    adoption.observe(LinkLost(identity="A", by=None, cause="stopping", code=None, reason=""))
    adoption.observe(refused("A"))
    assert (adoption.admits("C", CONFIG), adoption.admits("A", CONFIG)) == (False, True)
    assert kept == [["a"], ["a", "b"]]


def test_places_survive_a_restart():
    adoption = Adoption(["a", "B"])
    assert [adoption.admits(name, CONFIG) for name in ("A", "b", "c")] == [True, True, False]


def test_a_station_that_somebody_lists_gives_its_place_free():
    kept = []
    adoption = Adoption(["a", "b"], keep=kept.append)
    listed = good(ADOPT + '[[station]]\nidentity = "A"\n')
    assert adoption.admits("C", listed)
    adoption.forget_listed(listed)
    assert kept == [["b"]]
    adoption.forget_listed(listed)
    assert len(kept) == 1


def test_with_fewer_places_those_who_came_first_stay():
    fewer = good(ADOPT.replace("adopt_count = 2", "adopt_count = 1"))
    adoption = Adoption(["a", "b"])
    assert [adoption.admits(name, fewer) for name in ("a", "b")] == [True, False]


def test_links_of_listed_stations_take_no_place():
    adoption = Adoption()
    adoption.observe(opened("LISTED"))
    assert adoption.settled == ()
