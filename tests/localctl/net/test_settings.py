"""What the installer decided about sockets: the safe choice is the default, and no secret shows."""

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from localctl.net.settings import CertificateFiles, EdgeSettings, ListenerSettings, StationEdge

PAIR = CertificateFiles(cert_file=Path("a.pem"), key_file=Path("a.key"))


def listener(**changes):
    return ListenerSettings(**({"address": "::1", "port": 9000, "security_profile": 2} | changes))


def test_a_listener_without_certificates_leaves_tls_to_a_proxy():
    assert [listener(certificates=pairs).uses_tls for pairs in ((), (PAIR,))] == [False, True]


def test_a_listener_is_the_same_after_a_reload_while_its_address_is():
    assert listener(max_connections=5, certificates=(PAIR,)).place == listener().place
    assert listener().place not in (listener(port=9001).place, listener(address="127.0.0.1").place)


def test_nothing_unsafe_is_a_default():
    assert not listener().allow_insecure
    assert not StationEdge().allow_downgrade
    assert listener().trusted_proxies == ()


def test_stations_nobody_wrote_down_have_the_usual_treatment_and_no_name():
    edge = EdgeSettings(listeners=(listener(),), csmses=())
    assert edge.station("stranger") == StationEdge()
    assert not edge.named("stranger")


def test_p7_a_password_hash_is_not_shown():
    assert "canary" not in repr(StationEdge(verify="local", password_hash="canary"))


def test_settings_never_change_under_those_who_hold_them():
    with pytest.raises(FrozenInstanceError):
        StationEdge().ping_s = 1.0  # type: ignore[misc]
