"""From one picture to the next: what is news, and what is not."""

from localctl.observe.event_changes import Change, Changes
from localctl.observe.snapshot import StationView
from tests.localctl.charging.scene import Scene, busy


def news(changes: Changes, scene: Scene, *reasons: str) -> list[tuple[str, str]]:
    return [(change.kind, change.subject) for change in changes.found(scene.picture(), reasons)]


def seen_once(scene: Scene) -> Changes:
    changes = Changes()
    changes.found(scene.picture(), ())
    return changes


def test_the_first_picture_is_no_news_and_neither_is_one_like_it():
    changes, scene = Changes(), busy()
    assert news(changes, scene) == []
    assert news(changes, scene.goes_on(30)) == []


def test_before_the_first_cycle_nothing_is_compared():
    assert Changes().found(Scene().picture(), ()) == []
    assert Changes().found({}, ()) == []


def test_a_new_limit_tells_the_panel_the_amperes_the_source_and_what_was_before():
    scene = busy()
    changes = seen_once(scene)
    scene.limits("main", 24).cycles()
    facts = {"limit": "24.0 A", "source": "ems-1", "state": "live", "before": "20.0 A"}
    assert changes.found(scene.picture(), ()) == [Change(kind="limit", subject="main", facts=facts)]


def test_a_source_that_falls_silent_and_comes_back_is_told_twice():
    scene = busy()
    changes = seen_once(scene)
    scene.now += 400
    found = changes.found(scene.cycles().picture(), ())
    assert ("source", "ems-1 · panel:main", True) in [(one.kind, one.subject, one.warns) for one in found]
    scene.limits("main", 20).cycles()
    assert ("source", "ems-1 · panel:main") in news(changes, scene)


def test_cars_come_and_go():
    scene = busy()
    changes = seen_once(scene)
    assert news(changes, scene.plugs_in("CP3").cycles()) == [("car", "CP3/1")]
    scene._event("CP1", 1, "Ended", 9, [])
    assert ("car_over", "CP1/1") in news(changes, scene.cycles())


def test_an_overdraft_begins_and_ends():
    scene = busy()
    changes = seen_once(scene)
    scene.deaf = {"CP1", "CP2"}
    assert ("over", "main L1") in news(changes, scene.limits("main", 19).cycles())
    scene.deaf = set()
    assert ("over_over", "main L1") in news(changes, scene.goes_on(90))


def test_a_station_that_disobeys_warns():
    scene = busy()
    changes = seen_once(scene)
    for _ in range(5):
        scene.goes_on(20).draws("CP1", 20, 20, 20)
    found = changes.found(scene.cycles().picture(), ())
    assert ("disobeys", "CP1/1", True) in [(one.kind, one.subject, one.warns) for one in found]


def test_faults_of_the_box_come_and_go_with_their_sentence():
    changes, scene = Changes(), busy()
    assert news(changes, scene, "the disk is full") == [("fault", "")]
    assert news(changes, scene, "the disk is full") == []
    (over,) = changes.found(scene.picture(), ())
    assert (over.kind, over.facts, over.warns) == ("fault_over", {"reason": "the disk is full"}, False)


def of(name: str, csms: str | None = "operator", *, here: bool = True, joined: bool = True) -> StationView:
    return StationView(identity=name, connected=here, upstream_connected=joined, since_at=0.0, csms=csms)


def test_a_csms_that_goes_and_comes_back_is_two_events_however_many_stations_it_has():
    changes = Changes()
    both = (of("A"), of("B"), of("C", "fleet"))
    assert list(changes.of_csmss(both)) == []
    away = (of("A", joined=False), of("B", joined=False), of("C", "fleet"), of("D", here=False, joined=False))
    told = Change(kind="csms_away", subject="operator", facts={"stations": "2"}, warns=True)
    assert list(changes.of_csmss(away)) == [told]
    assert list(changes.of_csmss(away)) == []
    assert list(changes.of_csmss(both)) == [Change(kind="csms_back", subject="operator")]


def test_one_station_without_its_csms_while_others_have_it_is_no_event_of_the_csms():
    assert list(Changes().of_csmss((of("A"), of("B", joined=False)))) == []


def test_stations_that_are_not_here_say_nothing_about_their_csms():
    changes = Changes()
    assert list(changes.of_csmss((of("A", here=False, joined=False), of("X", None, joined=False)))) == []
    (away,) = changes.of_csmss((of("A", joined=False),))
    assert away.kind == "csms_away"
    assert list(changes.of_csmss((of("A", here=False, joined=False),))) == []
    assert [one.kind for one in changes.of_csmss((of("A"),))] == ["csms_back"]
