"""Configuration to routing and sockets: who may come in, by which terms, and what is kept from whom."""

from pathlib import Path

import pytest

from localctl.adoption import Adoption
from localctl.net.credentials import check_password
from localctl.plan_net import certificates_of, edge_of, policies_of
from routing.policy import Refused, StationPolicy
from tests.localctl.config.files import ROUTER, good
from tests.localctl.net.certificates import Pki

PANEL = '[[panel]]\nid = "main"\nfuse_a = 63\n'
SECURE = """
[[listen]]
port = 8443
security_profile = 3
certificates = [{ cert_file = "a.pem", key_file = "a.key" }, { cert_file = "b.pem", key_file = "b.key" }]
client_ca_file = "ca.pem"
[[csms]]
name = "own"
url = "wss://own.example"
client_cert_file = "box.pem"
client_key_file = "box.key"
identities = ["OWN-*"]
"""


def unknown(way: str, more: str = "") -> str:
    return ROUTER.replace('"route"', f'"{way}"\n{more}')


def test_a_station_that_is_not_in_the_file_is_refused_with_404():
    refused = policies_of(good(unknown("refuse") + '[[station]]\nidentity = "CP1"\n'))("CP2")
    assert isinstance(refused, Refused)
    assert refused.status == 404
    assert "unknown_stations" in refused.reason


def test_1_1_3_a_listed_station_comes_in_however_it_writes_its_identity():
    policies = policies_of(good(unknown("refuse") + '[[station]]\nidentity = "CP1"\nclose_code = 4000\n'))
    assert policies("cp1") == policies("CP1")
    assert policies("cp1").close_code == 4000


def test_route_lets_everybody_in_by_the_defaults():
    policy = policies_of(good(unknown("route", "max_waiting = 7")))("ANYBODY")
    assert isinstance(policy, StationPolicy)
    assert (policy.csms, policy.max_waiting) == ("operator", 7)


def test_adopt_lets_in_as_many_distinct_stations_as_there_is_room_for():
    text = unknown("adopt", 'adopt_into = "main"\nadopt_count = 2\n') + PANEL + '[[station]]\nidentity = "CP1"\n'
    policies = policies_of(good(text), Adoption().admits)
    answers = [policies(name) for name in ("NEW1", "new1", "NEW2", "NEW3", "CP1")]
    assert [isinstance(answer, Refused) for answer in answers] == [False, False, False, True, False]
    assert "adopt_count" in answers[3].reason


def test_a_crowd_of_strangers_is_treated_by_the_same_values_as_one():
    config = good(ROUTER + '[[station]]\nidentity = "CP1"\nping_s = 7\n')
    policy, edge = policies_of(config), edge_of(config).station
    assert len({id(policy(f"CP-{number}")) for number in range(100)}) == 1
    assert len({id(edge(f"CP-{number}")) for number in range(100)}) == 1
    assert edge("cp1") is edge("CP1")
    assert (edge("CP1").ping_s, edge("CP2").ping_s) == (7, 120)


def test_a_station_without_a_csms_is_refused_with_404():
    text = unknown("route").replace('url = "wss://csms.example"', 'url = "wss://csms.example"\nidentities = ["A*"]')
    policies = policies_of(good(text))
    assert isinstance(policies("A1"), StationPolicy)
    assert policies("B1") == Refused(status=404, reason="no [[csms]] takes this identity")


def test_one_long_message_always_fits_into_what_may_wait():
    """The router closes a link with 1013 at twice the bound: a single message must never reach it."""
    usual = policies_of(good(ROUTER))("CP1").max_waiting_chars
    longer = policies_of(good(unknown("route", "max_message_bytes = 67_108_864")))("CP1").max_waiting_chars
    assert usual >= 2 * 1_048_576
    assert longer >= 2 * 67_108_864


def test_up_legs_take_the_longest_message_that_any_station_may_get():
    text = unknown("route", "max_message_bytes = 4096") + '[[station]]\nidentity = "CP1"\n'
    assert [csms.max_message for csms in edge_of(good(text)).csmses] == [4096]
    assert [csms.max_message for csms in edge_of(good(text + "max_message_bytes = 8192\n")).csmses] == [8192]


def test_p7_passwords_become_hashes_and_credentials_without_being_shown():
    text = ROUTER + '[[station]]\nidentity = "CP1"\nverify = "local"\npassword = "sixteen-letters-!"\n'
    edge = edge_of(good(text + 'upstream_password = "another-password"\n'))
    station = edge.station("cp1")
    assert check_password(b"sixteen-letters-!", station.password_hash)
    assert edge.csmses[0].credentials("cp1") == b"another-password"
    assert edge.csmses[0].credentials("CP2") is None
    shown = repr(station) + repr(edge.csmses)
    assert "sixteen" not in shown
    assert "another" not in shown


def test_a00_fr_207_a_station_whose_own_password_does_not_go_up_is_checked_here():
    table = ROUTER + '[[station]]\nidentity = "CP1"\npassword = "sixteen-letters-!"\n'
    assert edge_of(good(table)).station("CP1").verify == "csms"
    assert edge_of(good(table + 'upstream_password = "another-password"\n')).station("CP1").verify == "local"


def test_a_password_in_the_file_has_the_same_hash_in_every_run_and_another_for_each_station():
    table = '[[station]]\nidentity = "{}"\nverify = "local"\npassword = "{}"\n'
    text = ROUTER + table.format("CP1", "sixteen-letters-!") + table.format("CP2", "sixteen-letters-!")
    one, again = edge_of(good(text)), edge_of(good(text))
    assert one.station("CP1").password_hash == again.station("cp1").password_hash
    assert one.station("CP1").password_hash != one.station("CP2").password_hash


def test_what_the_station_sent_goes_up_where_no_password_is_configured():
    assert edge_of(good(ROUTER)).csmses[0].credentials is None


def test_only_listed_identities_are_named_ones():
    edge = edge_of(good(ROUTER + '[[station]]\nidentity = "Box 1"\n'))
    assert (edge.named("BOX 1"), edge.named("Box 2")) == (True, False)


@pytest.fixture
def secure(tmp_path: Path):
    pki = Pki(tmp_path)
    for name, kind in (("a", "ECDSA"), ("b", "RSA"), ("box", "ECDSA")):
        pki.pair(name, "localhost", kind=kind)
    return good(ROUTER.replace("[[csms]]", SECURE + "[[csms]]", 1), folder=tmp_path)


def test_certificates_arrive_as_pairs_beside_the_file(secure, tmp_path):
    edge = edge_of(secure)
    pairs = [(pair.cert_file.name, pair.key_file.name) for pair in edge.listeners[1].certificates]
    assert pairs == [("a.pem", "a.key"), ("b.pem", "b.key")]
    assert edge.listeners[1].client_ca_file == tmp_path / "ca.pem"
    assert edge.csmses[0].client_cert.cert_file == tmp_path / "box.pem"
    assert edge.csmses[1].client_cert is None


def test_every_certificate_of_the_box_is_watched_under_its_own_name(secure, tmp_path):
    assert certificates_of(secure) == {
        "server_8443_1": tmp_path / "a.pem",
        "server_8443_2": tmp_path / "b.pem",
        "upstream_own": tmp_path / "box.pem",
    }
