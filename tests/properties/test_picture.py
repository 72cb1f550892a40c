"""Whatever stations, meters and sources say: the picture can be made, told, drawn and scraped (P5, P6)."""

import json
from math import inf, nan

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from localctl.charging.limiting.external import ExternalLimit
from localctl.charging.limiting.limits import Cap, Step
from localctl.charging.showing.picture_profiles import installation, profiles
from localctl.charging.showing.picture_text import WHY, explain
from localctl.observe.charging_feed import charging_samples
from localctl.observe.health import ServiceState
from localctl.observe.snapshot import Snapshot, SnapshotBox
from localctl.web.page import PageMaker
from localctl.web.reader import Reader
from tests.localctl.charging.scene import SECRET, Scene

STATIONS = ("CP1", "CP2", "CP3")
AMPS = st.sampled_from((None, 0, 5.9, 16, -3, 1e9, 1e308, "1e308", "x"))
LIMITS = st.sampled_from((0.0, 5.0, 16.0, 20.0, 1e12, inf, nan))
PLACES = st.sampled_from((("panel", "main"), ("panel", "sub"), ("station", "CP1"), ("station", "CP2")))
STEPS = st.one_of(
    st.tuples(st.just("plugs_in"), st.sampled_from(STATIONS)),
    st.tuples(st.just("draws"), st.sampled_from(STATIONS[:2]), AMPS, AMPS, AMPS),
    st.tuples(st.just("leaves"), st.sampled_from(STATIONS)),
    st.tuples(st.just("deaf"), st.sampled_from(STATIONS)),
    st.tuples(st.just("limit"), PLACES, LIMITS, st.sampled_from((1.0, 900.0, 1e12))),
    st.tuples(st.just("watts"), PLACES, LIMITS, st.sampled_from((1.0, 900.0, 1e12))),
    st.tuples(st.just("meter"), st.sampled_from((0.0, 3.0, -5.0, 1e308))),
    st.tuples(st.just("waits"), st.sampled_from((1.0, 30.0, 400.0))),
)


def play(scene: Scene, step: tuple) -> None:
    match step:
        case ("plugs_in", name):
            scene.plugs_in(name)
        case ("draws", name, *amps):
            scene.draws(name, *amps)
        case ("leaves", name):
            scene.controller.unlinked(name, scene.now)
        case ("deaf", name):
            scene.deaf ^= {name}
        case ("limit" | "watts" as unit, node, value, seconds):
            cap = Cap(w=value) if unit == "watts" else Cap(a=(value, value, None))
            limit = ExternalLimit(
                source="ems-1", node=node, steps=(Step(at=scene.now, cap=cap),), set_at=scene.now,
                expires_at=scene.now + seconds,
            )  # fmt: skip
            scene.controller.limits.put(limit)
        case ("meter", amps):
            scene.controller.meter("lift", (amps, None, amps), scene.now)
        case ("waits", seconds):
            scene.now += seconds
    scene.cycles()


@settings(max_examples=60)
@given(st.lists(STEPS, max_size=14))
def test_p5_p6_whatever_is_said_the_picture_can_be_shown_in_every_way(steps: list[tuple]):
    scene = Scene()
    for step in steps:
        play(scene, step)
    scene.cycles()
    shown = scene.picture()
    text = json.dumps(shown, allow_nan=False)
    assert SECRET not in text
    assert msgspec.json.decode(msgspec.json.encode(shown)) == json.loads(text)
    for station in shown["stations"]:
        assert all(line.endswith(".") for line in explain(station))
        assert all(evse["reason"] in WHY for evse in station["evses"])
        profiles(installation(scene.controller, station["identity"]), scene.now)
    snapshot = Snapshot(version="1", state=ServiceState.READY, charging=shown)
    assert "main" in PageMaker().page(snapshot, Reader())
    for row, labels, figure in charging_samples(SnapshotBox(snapshot)):
        assert len(labels) == len(row.labels)
        assert isinstance(figure, float | int)


@settings(max_examples=40)
@given(st.lists(STEPS, max_size=12))
def test_p5_a_sum_is_told_only_when_every_part_is_known(steps: list[tuple]):
    scene = Scene()
    for step in steps:
        play(scene, step)
    shown = scene.picture() if scene.controller.last else None
    if shown is None:
        return
    here = [one for one in shown["stations"] if one["panel"] == "sub"]
    unknown = any(
        evse["measured_a"] is None and (evse["transaction"] is not None or not one["online"])
        for one in here
        for evse in one["evses"]
    )
    sub = next(one for one in shown["panels"] if one["id"] == "sub")
    if unknown:
        assert all(line["measured_a"] is None for line in sub["phases"].values())
