"""The tables: strict, frozen, and the questions asked of the whole."""

import pytest
from pydantic import ValidationError

from localctl.config.model import Config, takes
from tests.localctl.config.files import ROUTER, good

SITE = """
[[listen]]
port = 8180
security_profile = 1
[[csms]]
name = "narrow"
url = "wss://narrow.example"
identities = ["CP-1*", "?X"]
call_timeout_s = 45
[[csms]]
name = "wide"
url = "wss://wide.example"
[defaults]
call_timeout_s = 20
close_style = "drop"
failsafe_current_a = 8
[[station]]
identity = "CP-1"
call_timeout_s = 10
[[station]]
identity = "CP-12"
csms = "wide"
compression = false
"""


def test_a_router_needs_a_listener_and_a_csms_and_nothing_else():
    config = good(ROUTER)
    assert config.panel == ()
    assert config.station == ()
    assert config.http.address == "127.0.0.1"


def test_1_1_3_identities_are_found_in_any_case():
    config = good(SITE)
    assert config.station_of("cp-1") is config.station[0]
    assert config.station_of("CP-9") is None


def test_the_first_csms_with_a_matching_pattern_takes_the_station_unless_it_names_one():
    config = good(SITE)
    assert config.csms_of("cp-17").name == "narrow"
    assert config.csms_of("cp-12").name == "wide"
    assert config.csms_of("ax").name == "narrow"
    assert config.csms_of("other").name == "wide"
    assert not takes(config.csms[0], "AAX")


def test_settings_come_from_the_station_then_its_csms_then_the_defaults():
    config = good(SITE)
    assert config.settings("cp-1").call_timeout_s == 10
    assert config.settings("CP-13").call_timeout_s == 45
    assert config.settings("unknown").call_timeout_s == 20
    assert config.settings("CP-12").close_style == "drop"
    assert config.settings("CP-12").compression is False
    assert config.settings("CP-1").failsafe_current_a == 8


def test_one_current_stands_for_three_phases_and_conductors_may_be_counted_or_named():
    config = good(
        ROUTER.replace('"route"', '"refuse"')
        + """
[[panel]]
id = "main"
fuse_a = 63
limit_a = [50, 40.5, 63]
[[station]]
identity = "CP1"
panel = "main"
evses = [{ id = 1, phases = 2 }, { id = 2, phases = [3] }]
"""
    )
    assert config.panel[0].fuse_a == (63, 63, 63)
    assert config.panel[0].limit_a == (50, 40.5, 63)
    assert [evse.phases for evse in config.station[0].evses] == [(1, 2), (3,)]


def test_a_configuration_cannot_be_changed_after_reading():
    config = good(SITE)
    with pytest.raises(ValidationError):
        config.http.port = 1


def test_file_names_start_at_the_folder_of_the_file():
    config = good(ROUTER + '[controller]\nstate_dir = "state"\n')
    assert str(config.controller.state_dir) == "/site/state"
    assert str(Config().controller.state_dir) == "/var/lib/localctl"


@pytest.mark.parametrize("value", ["true", '"32"', "1979-05-27", "{}", "[]", "nan", "-inf", "'0x20'"])
def test_nothing_but_a_number_is_a_number(value):
    with pytest.raises(AssertionError, match=r"charging\.lease_s"):
        good(ROUTER + f"[charging]\nlease_s = {value}\n")
