"""Every quirk of the field is recognised on a simulated station, and the card says what to write down for it."""

from pathlib import Path

import pytest
import trio

from localctl.charging.commissioning.card import told, toml_of
from localctl.charging.commissioning.known import Kind
from localctl.config.load import parse
from localctl.plan_site import check_topology
from tests.localctl.charging.commissioning.bench_kit import Bench


async def card_of(nursery, within_s=6000, kind=Kind.PROBE, **quirks):
    """The card and the TOML below the station's name."""
    terms = {name: quirks.pop(name) for name in ("car_wanted", "links") if name in quirks}
    if "car_wanted" in terms:
        terms["car"] = terms.pop("car_wanted")
    bench = Bench(nursery, **quirks)
    lines = await bench.tried(kind=kind, within_s=within_s, **terms)
    assert bench.trial.why is None
    assert bench.box.troubles == bench.box.board.bugs == []
    toml = bench.toml.splitlines()[2:]
    assert mistakes(toml) == []
    return lines, toml, bench


def mistakes(keys):
    """What `localctl check` finds in a configuration whose station has these keys of a card."""
    evse = next((key.partition("id = 1, ")[2].partition(" }")[0] for key in keys if key.startswith("evses")), "")
    own = "\n".join(key for key in keys if not key.startswith("evses"))
    rotation = "" if "phase_rotation" in own else 'phase_rotation = "RST"\n'
    text = SITE + f"evses = [{{ id = 1, phases = 3, max_a = 16{evse and ', '}{evse} }}]\n{rotation}{own}\n"
    if 'phase_rotation = "S"' in own:
        text = text.replace("phases = 3", "phases = 1")
    loaded = check_topology(parse(text.encode(), file="config.toml", folder=Path(), environ={}))
    return [problem.text for problem in loaded.problems]


SITE = """
[[listen]]
port = 9000
security_profile = 1
address = "127.0.0.1"
[[csms]]
name = "main"
url = "wss://csms.example"
[[panel]]
id = "main"
fuse_a = 63
[[station]]
identity = "CP1"
panel = "main"
"""


async def test_a_station_that_behaves_needs_nothing_written_down(autojump_clock, nursery):
    lines, toml, bench = await card_of(nursery)
    assert toml == []
    assert {line.word for line in lines.values()} == {"good"}
    assert lines["stackLevel"].text == "up to 8 taken"
    assert lines["unit"].text == "amperes and watts"
    assert lines["minimum current"].text == "charges at 6 A (6.0 A measured), pauses at 5 A"
    assert lines["phases"].text == "the station's L1, L2, L3 follow"
    assert {profile.id for profile in bench.station.profiles.installed()} == {2_000_000_000}


async def test_quirk_22_only_a_tx_default_profile_is_taken(autojump_clock, nursery):
    lines, toml, _ = await card_of(nursery, takes=("TxDefaultProfile",))
    assert toml == ['control = "tx_default"']
    assert (lines["ChargingStationMaxProfile"].word, lines["ChargingStationMaxProfile"].text) == ("note", "refused")


async def test_quirk_22_a_maximum_is_accepted_and_ignored(autojump_clock, nursery):
    lines, toml, _ = await card_of(nursery, ignores=("ChargingStationMaxProfile",))
    assert toml == ['control = "tx_profile"']
    assert "does not follow" in lines["ChargingStationMaxProfile"].text


async def test_quirk_23_a_transaction_id_is_refused(autojump_clock, nursery):
    lines, toml, _ = await card_of(nursery, takes=("TxProfile",), named=False)
    assert toml == ['control = "tx_profile"', "names_transaction = false"]
    assert lines["TxProfile"].text == "refused; without transactionId: taken and followed"


async def test_quirk_24_only_relative_profiles_are_taken(autojump_clock, nursery):
    _, toml, _ = await card_of(nursery, takes=("TxProfile",), relative_only=True)
    assert toml == ['control = "tx_profile"', "relative_profiles = true"]


async def test_quirk_24_stack_level_0_only(autojump_clock, nursery):
    lines, toml, _ = await card_of(nursery, top_level=0)
    assert toml == ["stack_level = 0"]
    assert lines["stackLevel"].text == "0 only"


async def test_quirk_25_watts_only(autojump_clock, nursery):
    lines, toml, _ = await card_of(nursery, unit="W")
    assert toml == ['limit_unit = "W"']
    assert lines["unit"].text == "watts only"


async def test_quirk_26_no_profile_at_all(autojump_clock, nursery):
    lines, toml, _ = await card_of(nursery, takes=())
    assert toml == ['control = "uncontrolled"']
    assert lines["control"].word == "bad"


async def test_quirk_27_zero_amperes_are_ignored(autojump_clock, nursery):
    lines, toml, _ = await card_of(nursery, deaf_to_zero=True)
    assert toml == ["hold_minimum = true"]
    assert lines["0 A"].text == "does not pause: it charges on"
    assert lines["minimum current"].word == "bad"


async def test_quirk_27_a_car_that_does_not_wake_up(autojump_clock, nursery):
    lines, toml, _ = await card_of(nursery, wakes=False)
    assert toml == ["hold_minimum = true"]
    assert lines["0 A"].word == "bad"
    assert "does not wake up" in lines["0 A"].text


async def test_quirk_27_a_car_with_a_higher_minimum(autojump_clock, nursery):
    lines, toml, _ = await card_of(nursery, min_a=9.0)
    assert toml == ["evses = [{ id = 1, min_a = 10 }]  # add to what is there"]
    assert lines["minimum current"].text == "does not charge at 6 A, but at 10 A"


async def test_quirk_31_a_slow_station_is_waited_for_and_named(autojump_clock, nursery):
    lines, toml, _ = await card_of(nursery, reaction_s=40.0)
    assert toml == []
    assert lines["reaction"].word == "bad"
    assert "set reaction_s of [charging] to 46" in lines["reaction"].text
    assert lines["minimum current"].text.startswith("charges at 6 A (6.0 A measured)")


async def test_quirk_11_a_close_frame_is_the_end(autojump_clock, nursery):
    lines, toml, _ = await card_of(nursery, returns=False)
    assert toml == ['close_style = "drop"']
    assert lines["TCP drop"].word == "good"
    assert lines["close frame"].word == "bad"


async def test_quirk_8_no_pong_and_quirk_34_a_meter_that_cannot_be_asked_in_ocpp_16(autojump_clock, nursery):
    lines, toml, _ = await card_of(nursery, pongs=False, shows_meter=False, version="ocpp1.6")
    assert toml == ["ping_s = 0"]
    assert lines["reaction"].word == "good"
    assert lines["reaction"].text.endswith("its meter cannot be asked more often")


@pytest.mark.parametrize(
    ("wired", "phases", "found"), [("STR", "3", "STR"), ("TRS", "3", "TRS"), ("S", "1", "S"), ("RST", "3", "RST")]
)
async def test_a_rotated_station_is_found_by_nudging_a_one_phase_car(wired, phases, found, autojump_clock, nursery):
    lines, toml, _ = await card_of(nursery, wired=wired, phases=phases, car_phases=1, meter=True)
    assert toml == [f'phase_rotation = "{found}"']
    assert lines["phases"].text == "the station's L1 follows"


async def test_a_three_phase_car_does_not_tell_the_order_and_the_card_says_so(autojump_clock, nursery):
    lines, toml, _ = await card_of(nursery, wired="STR", meter=True)
    assert toml == []
    assert lines["wiring"].word == "open"
    assert "a one-phase car would tell" in lines["wiring"].text


async def test_without_a_car_profiles_and_link_are_tried_all_the_same(autojump_clock, nursery):
    lines, toml, _ = await card_of(nursery, car=False, car_wanted=False)
    assert toml == []
    assert lines["stackLevel"].text == "up to 8 taken"
    assert (lines["0 A"].word, lines["0 A"].text) == ("open", "not tried without a car")
    assert lines["close frame"].word == "good"


async def test_a_car_that_never_comes_leaves_its_findings_open(autojump_clock, nursery):
    lines, _, bench = await card_of(nursery, car=False, links=False)
    assert lines["reaction"].text == "not tried: no car charged"
    assert lines["close frame"].text == "not tried"
    assert told(bench.trial)["state"] == "done"


async def test_a_car_that_takes_next_to_nothing_cannot_be_seen_held(autojump_clock, nursery):
    lines, _, _ = await card_of(nursery, car_a=7.0)
    assert "the car takes 7.0 A, too little" in lines["0 A"].text


async def test_p3_the_dead_mans_test_measures_the_fall_to_the_failsafe(autojump_clock, nursery):
    lines, toml, bench = await card_of(nursery, kind=Kind.DEAD_MAN)
    assert toml == []
    assert lines["failsafe"].text.startswith("fell to 6.0 A after ")
    assert 30 < bench.trial.known.results["silence"].took_s <= 120
    assert bench.trial.known.results["back"].came == "yes"


async def test_p3_a_station_that_never_falls_is_found_by_the_dead_mans_test(autojump_clock, nursery):
    bench = Bench(nursery)
    bench.station.evses[1].obedient = False
    lines = await bench.tried(kind=Kind.DEAD_MAN)
    assert lines["failsafe"].word == "bad"
    assert toml_of(bench.trial).splitlines()[2:] == ['control = "uncontrolled"']


async def test_p3_without_a_car_above_the_failsafe_the_dead_man_says_nothing(autojump_clock, nursery):
    lines, _, _ = await card_of(nursery, kind=Kind.DEAD_MAN, car_a=7.0)
    assert (lines["failsafe"].word, "hardly more" in lines["failsafe"].text) == ("open", True)


async def test_what_is_told_on_the_way_has_the_step_and_no_card_yet(autojump_clock, nursery):
    bench = Bench(nursery, car=False)
    await trio.sleep(60)
    trial = bench.begin()
    await trio.sleep(10)
    shown = told(trial)
    assert shown["state"] == "running"
    assert shown["step"] == "wait for a car that charges"
    assert shown["step_within_s"] == 60.0
    assert shown["card"] == []
    assert [one["key"] for one in shown["steps"]] == ["declared"]
