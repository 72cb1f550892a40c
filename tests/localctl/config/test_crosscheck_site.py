"""What the site's tables must agree on: the borders between right and wrong (each message has a golden file)."""

import pytest

from tests.localctl.config.files import ROUTER, read, whats

SITE = ROUTER.replace('"route"', '"refuse"') + '[[panel]]\nid = "main"\nfuse_a = 63\n'
STATION = '[[station]]\nidentity = "{}"\npanel = "main"\nevses = [{{ id = 1 }}]\n'


@pytest.mark.parametrize("identity", ["CP1", "DE*ABC*E1_2", "a|b@c.d=+-", "x" * 48])
def test_1_1_2_identities_of_ocpp_pass_the_strict_rule(identity):
    strict = "[controller]\nstrict_identities = true\n"
    assert whats(read(strict + SITE + STATION.format(identity))) == []


@pytest.mark.parametrize("identity", ["CP 1", "a/b", "ä", "x" * 49])
def test_1_1_2_other_identities_pass_only_the_lax_rule(identity):
    strict = "[controller]\nstrict_identities = true\n"
    assert len(read(strict + SITE + STATION.format(identity)).errors) == 1
    assert whats(read(SITE + STATION.format(identity))) == []


def test_names_of_different_kinds_may_be_the_same():
    load = '[[load]]\nname = "main"\npanel = "main"\ncurrent_a = 1\n'
    assert whats(read(SITE + load + STATION.format("main"))) == []


@pytest.mark.parametrize(
    ("zone", "good"), [("Europe/Berlin", True), ("UTC", True), ("Europe", False), ("../x", False), ("", False)]
)
def test_the_time_zone_must_exist(zone, good):
    loaded = read(SITE + STATION.format("CP1") + f'[site]\ntime_zone = "{zone}"\n')
    assert (not loaded.errors) is good


def test_verify_local_in_the_defaults_asks_every_station_for_a_password():
    text = SITE.replace('"refuse"', '"refuse"\nverify = "local"') + STATION.format("CP1") + STATION.format("CP2")
    loaded = read(text + 'password_hash = "scrypt$2$8$1$c2FsdHNhbHRzYWx0$MDEyMzQ1Njc4OWFiY2RlZg=="\n')
    assert [problem.path for problem in loaded.errors] == ["station[0]"]


UPWARD = 'upstream_password = "sixteen-letters-!"\n'


def test_a00_fr_207_with_a_password_for_the_way_up_somebody_has_to_check_the_stations_own():
    (problem,) = read(SITE + STATION.format("CP1") + UPWARD).errors
    assert problem.path == "station[0].upstream_password"
    assert "nobody but this box can check" in problem.what
    assert "password_file" in problem.hint
    checked = read(SITE + STATION.format("CP1") + UPWARD + 'password = "seventeen-letters"\n')
    assert not checked.errors
    assert not [what for what in whats(checked) if "not used" in what]


def test_where_certificates_prove_who_a_station_is_the_way_up_may_have_the_only_password():
    loaded = read(SITE.replace("security_profile = 1", "security_profile = 3") + STATION.format("CP1") + UPWARD)
    assert not [problem for problem in loaded.errors if "password" in problem.path]


def test_a_limit_below_one_fuse_is_a_limit():
    text = SITE + "limit_a = [80, 80, 50]\n" + STATION.format("CP1")
    assert whats(read(text)) == []


@pytest.mark.parametrize("end", ["24:00", "06:00", "17:01"])
def test_a_schedule_may_go_over_midnight(end):
    text = SITE + f'schedule = [{{ start = "17:00", end = "{end}", limit_w = 10_000 }}]\n' + STATION.format("CP1")
    assert whats(read(text)) == []
