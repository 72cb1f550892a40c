"""Request targets: one reading for everybody, or 404."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.identity import Target, read_target
from routing.policy import Refused


@pytest.mark.parametrize(
    ("target", "identity", "raw"),
    [
        ("/ocpp/CS-17", "CS-17", "CS-17"),
        ("/CS-17", "CS-17", "CS-17"),
        ("/ocpp/RDAM%7C123", "RDAM|123", "RDAM%7C123"),
        ("/ocpp/RDAM|123", "RDAM|123", "RDAM|123"),
        ("/ocpp/CS%2017", "CS 17", "CS%2017"),
        ("/ocpp/CS-17/", "CS-17", "CS-17"),
        ("//ocpp//CS-17//", "CS-17", "CS-17"),
        ("/ocpp/CS-17?token=%zz/../x", "CS-17", "CS-17"),
        ("/ocpp/S%C3%A4ule", "Säule", "S%C3%A4ule"),
        ("/ocpp/%2541", "%41", "%2541"),
        ("ws://box:9000/ocpp/CS-17", "CS-17", "CS-17"),
        ("/ws://box:9000/ocpp/CS-17", "CS-17", "CS-17"),
    ],
)
def test_1_1_7_the_last_segment_is_decoded_once_and_kept_raw(target, identity, raw):
    assert read_target(target) == Target(identity, raw)


@pytest.mark.parametrize(
    "target",
    [
        "",
        "/",
        "//",
        "/?x=CS-17",
        "/ocpp/..",
        "/ocpp/../CS-17",
        "/./CS-17",
        "/%2e%2e/CS-17",
        "/ocpp/%2E",
        "/..;x/CS-17",
        "/ocpp/a%2Fb",
        "/ocpp/a%5Cb",
        "/ocpp/a%00b",
        "/ocpp/a%0d%0aHost:x",
        "/ocpp/%7F",
        "/ocpp/a%E2%80%8Bb",
        "/ocpp/%",
        "/ocpp/%4",
        "/ocpp/%zz",
        "/%zz/CS-17",
        "/ocpp/%FF%FE",
        "/ocpp/CS:17",
        "/ocpp/CS 17",
        "/ocpp/CS\x0017",
        "/ocpp/Säule",
        "/ocpp/CS-17#x",
        "/" + "x" * 256,
        "/" + "%41" * 256,
        "/" + "a/" * 600 + "CS-17",
    ],
)
def test_p4_3_3_what_two_readers_could_read_differently_is_not_found(target):
    refused = read_target(target)
    assert isinstance(refused, Refused)
    assert refused.status == 404


@pytest.mark.parametrize("identity", ["a/b", "a\\b", "a:b"])
def test_quirk_4_slashes_and_colons_only_in_identities_the_installer_wrote_down(identity):
    target = "/ocpp/" + identity.replace("/", "%2F").replace("\\", "%5C")
    assert isinstance(read_target(target), Refused)
    found = read_target(target, named=lambda asked: asked == identity)
    assert isinstance(found, Target)
    assert found.identity == identity


def test_control_characters_are_refused_even_when_written_down():
    assert isinstance(read_target("/ocpp/a%00", named=lambda asked: True), Refused)


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("/ocpp/CS-17", True),
        ("/ocpp/1.6/CS-17", True),
        ("//ocpp/CS-17", True),
        ("/ocpp", False),
        ("/OCPP/CS-17", False),
        ("/ocppx/CS-17", False),
        ("/CS-17", False),
    ],
)
def test_1_1_6_the_path_must_start_with_the_base_path(target, found):
    assert isinstance(read_target(target, "/ocpp/"), Target) is found


@pytest.mark.parametrize(
    ("identity", "good"),
    [("Az09*-_=+%7C@.", True), ("x" * 48, True), ("x" * 49, False), ("a%20b", False), ("a!", False), ("%C3%A4", False)],
)
def test_1_1_2_strict_holds_identities_to_identifier_string(identity, good):
    assert isinstance(read_target(f"/{identity}", strict=True), Target) is good


@given(st.text(max_size=80))
def test_p6_no_target_raises_and_no_accepted_identity_has_two_meanings(target):
    found = read_target(target)
    if isinstance(found, Target):
        assert found.identity.isprintable()
        assert found.identity not in (".", "..")
        assert not set(found.identity) & set("/\\:")
        assert found.raw_segment in target
