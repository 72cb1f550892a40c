"""What connections' tables must agree on: the borders between right and wrong (each message has a golden file)."""

import pytest

from tests.localctl.config.files import ROUTER, read, whats

SECOND = '[[csms]]\nname = "second"\nurl = "wss://second.example"\nidentities = ["{}"]\n'


@pytest.mark.parametrize(
    ("wide", "narrow", "covered"),
    [
        ("*", "A*", True),
        ("A*", "a*", True),
        ("A*", "AB?", True),
        ("A*", "*A", False),
        ("AB*", "A*", False),
        ("*-DC", "SITE-*-DC", True),
        ("A?", "AB", False),
        ("[AB]*", "A1", False),
        ("*", "[AB]*", True),
    ],
)
def test_a_pattern_is_shadowed_only_when_everything_it_matches_is_taken(wide, narrow, covered):
    text = ROUTER.replace('name = "operator"', f'name = "operator"\nidentities = ["{wide}"]') + SECOND.format(narrow)
    assert bool(whats(read(text))) is covered


NAMED = '[[csms]]\nname = "second"\nurl = "wss://second.example"\n{}[[station]]\nidentity = "CP1"\ncsms = "{}"\n'


@pytest.mark.parametrize(
    ("more", "named", "warned"),
    [("", "second", False), ("", "operator", True), ('identities = ["CP*"]\n', "second", True)],
)
def test_a_csms_that_stations_name_needs_no_pattern_of_its_own(more, named, warned):
    found = whats(read(ROUTER + NAMED.format(more, named)))
    assert [what.startswith("no station gets here by this pattern") for what in found] == [True] * warned


@pytest.mark.parametrize(
    ("address", "taken"), [("0.0.0.0", True), ("::", True), ("127.0.0.2", False), ("127.0.0.1", True)]
)
def test_one_port_on_two_addresses_is_fine_unless_one_of_them_is_every_address(address, taken):
    first = ROUTER.replace("port = 8180", 'address = "127.0.0.1"\nport = 8180')
    loaded = read(first + f'[[listen]]\naddress = "{address}"\nport = 8180\nsecurity_profile = 1\n')
    assert bool(loaded.errors) is taken


def test_a00_fr_302_profile_2_may_do_without_a_certificate_only_behind_a_proxy():
    behind = 'security_profile = 2\ntrusted_proxies = ["127.0.0.1"]'
    assert whats(read(ROUTER.replace("security_profile = 1", behind))) == []
    mutual = read(ROUTER.replace("security_profile = 1", behind.replace("2", "3", 1)))
    assert "security profile 3 needs `certificates`" in whats(mutual)


@pytest.mark.parametrize("url", ["ws://10.0.0.1:8080", "wss://csms.example/", "wss://[::1]:9000/ocpp/1.6"])
def test_ordinary_addresses_are_fine(url):
    assert whats(read(ROUTER.replace("wss://csms.example", url))) == []


@pytest.mark.parametrize("url", ["", "csms.example", "wss:csms", "wss://[::1", "wss:// csms.example", "wss://a#b"])
def test_what_is_no_address_is_an_error(url):
    assert len(read(ROUTER.replace("wss://csms.example", url)).errors) == 1


CERTIFIED = ROUTER.replace('"wss://csms.example"', '"wss://c.example"\nclient_cert_file = "c"\nclient_key_file = "k"')
HASH = 'password_hash = "scrypt$2$8$1$c2FsdHNhbHRzYWx0$MDEyMzQ1Njc4OWFiY2RlZg=="\n'


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        (CERTIFIED, True),
        (CERTIFIED.replace('"route"', '"refuse"') + '[[station]]\nidentity = "CP1"\n', True),
        (CERTIFIED.replace('"route"', '"refuse"') + f'[[station]]\nidentity = "CP1"\nverify = "local"\n{HASH}', False),
        (CERTIFIED.replace("security_profile = 1", "security_profile = 3"), False),
        (ROUTER, False),
    ],
)
def test_a00_fr_403_where_a_certificate_is_all_that_a_csms_needs_the_box_should_check_passwords(text, warned):
    assert any("client certificate this CSMS" in what for what in whats(read(text))) is warned


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1014, 3000, 4999])
def test_rfc_6455_7_4_codes_that_may_be_sent_are_fine(code):
    assert whats(read(ROUTER + f"close_code = {code}\n")) == []
