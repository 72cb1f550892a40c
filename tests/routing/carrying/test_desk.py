"""A request read leniently."""

import pytest

from routing.carrying.desk import Asked


def asked(body):
    return Asked(action="X", message_id="1", text="", body=body)


@pytest.mark.parametrize(
    ("value", "words"),
    [("a", "a"), (" 5", " 5"), (5, "5"), (-1, "-1"), (5.0, "5"), (5.5, ""), (True, ""), (None, ""), ([], ""), ({}, "")],
)
def test_texts_and_whole_numbers_are_words(value, words):
    assert asked({"a": {"b": value}}).words("a.b") == words


@pytest.mark.parametrize("body", [{}, {"a": None}, {"a": "b"}, {"a": []}, {"a": {"c": 1}}])
def test_a_missing_member_reads_as_nothing(body):
    assert asked(body).words("a.b") == ""
    assert asked(body).member("a.b") is None
    assert asked(body).json_of("a.b") == b""


def test_a_member_can_be_had_as_json():
    assert asked({"a": {"b": ["é", 1.5]}}).json_of("a.b") == '["é",1.5]'.encode()
