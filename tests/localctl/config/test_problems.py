"""Findings become problems with a line; paths and lines are shown without secrets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localctl.config.locate import Place, Places
from localctl.config.problems import Finding, is_secret, masked, near, placed, printable, show

TEXT = 'a = 1\n[[station]]\nidentity = "CP1"\n'


def test_a_finding_is_placed_at_its_key_or_its_value():
    at_key = Finding(path=("station", 0, "identity"), what="k")
    at_value = Finding(path=("station", 0, "identity"), what="v", at_value=True)
    problems = placed([at_value, at_key], Places(TEXT), "f")
    assert [(problem.what, problem.place.column) for problem in problems] == [("k", 1), ("v", 12)]
    assert problems[0].source == 'identity = "CP1"'


def test_what_is_not_written_is_placed_at_its_table_or_nowhere():
    missing = Finding(path=("station", 0, "panel"), what="missing", at_value=True)
    nowhere = Finding(path=("site", "time_zone"), what="nowhere")
    first, second = placed([missing, nowhere], Places(TEXT), "f")
    assert (first.what, first.place) == ("nowhere", None)
    assert second.place == Place(line=2, column=1, length=11)


def test_problems_stand_in_the_order_of_the_file_and_each_once():
    one, two = Finding(path=("a",), what="x"), Finding(path=("station", 0), what="x")
    assert [problem.path for problem in placed([two, one, two], Places(TEXT), "f")] == ["a", "station[0]"]


def test_paths_are_shown_as_people_write_them():
    assert show(("station", 0, "evses", 1, "max_a")) == "station[0].evses[1].max_a"
    assert show(("limit_source", 0, "fallback_a", "main panel")) == 'limit_source[0].fallback_a."main panel"'
    assert show(()) == ""


def test_the_nearest_word_is_offered_in_any_case_and_a_far_one_is_not():
    assert near("Panl", ["panel", "station"]) == "did you mean `panel`?"
    assert near("ems", ["EMS", "SO"]) == "did you mean `EMS`?"
    assert near("banana", ["panel", "station"]) == ""


@pytest.mark.parametrize(
    "line",
    [
        'password = "hunter2"',
        "pasword='hunter2'",
        'Password="hunter2" # comment',
        "http.token = hunter2",
        '"token" = "hunter2"',
        'station = [{ identity = "CP1", upstream_password = "hunter2" }]',
        'password_hash = "scrypt$1$hunter2"',
        'api_secret = """hunter2',
        'url = "wss://user:hunter2@csms.example"',
        'tokn = "hunter2"',
        'passwort = "hunter2"',
    ],
)
def test_a_line_with_a_secret_is_shown_without_it(line):
    assert "hunter2" not in masked(line)
    assert "(hidden)" in masked(line)


@pytest.mark.parametrize(
    "line", ['token_file = "/etc/token"', 'password = "${STATION_PASSWORD}"', 'identity = "CP1"', "fuse_a = 63"]
)
def test_a_line_without_a_secret_is_shown_as_it_is(line):
    assert masked(line) == line


def test_only_keys_that_hold_secrets_are_secret():
    assert [
        key
        for key in ("token", "password_file", "password_hash", "port", "passwd", "panel", "key_file")
        if is_secret(key)
    ] == [
        "token",
        "password_hash",
        "passwd",
    ]


@given(st.text(max_size=200))
def test_text_of_strangers_is_printable_and_short(text):
    shown = printable(text)
    assert shown.isprintable()
    assert len(shown) <= 60
