"""A row knows which of its series exist from the start."""

from typing import Literal

from localctl.observe.row import Label, Row, Section, words
from routing.values import Value


class Ended(Value, frozen=True, kw_only=True):
    cause: Literal["closed", "lost"]


def row(*labels: Label) -> Row:
    return Row(name="localctl_x_total", kind="counter", help="X.", watches="P1", labels=labels)


def test_without_labels_there_is_one_series_from_the_start():
    assert row().series_at_start() == [()]


def test_closed_labels_are_combined():
    leg, way = Label(name="leg", values=("a", "b")), Label(name="way", values=("in", "out"))
    assert row(leg, way).series_at_start() == [("a", "in"), ("a", "out"), ("b", "in"), ("b", "out")]


def test_an_open_label_begins_empty():
    assert row(Label(name="leg", values=("a", "b")), Label(name="station")).series_at_start() == []


def test_words_are_read_from_the_type_of_a_field():
    assert words(Ended, "cause") == ("closed", "lost")


def test_a_section_keeps_rows_in_the_order_they_were_written_with_full_names():
    section = Section("Lamps")
    lamp = Label(name="lamp")
    rows = [
        section.counter("switched", "P1", "Times it was switched.", lamp),
        section.gauge("glow_amperes", "P2", "What it draws.", lamp, unit="amperes"),
        section.seconds("warm_up", "P6", "How long it takes.", buckets=(0.1, 1.0)),
    ]
    assert section.rows == rows
    assert [row.name for row in rows] == [
        "localctl_switched_total", "localctl_glow_amperes", "localctl_warm_up_seconds",
    ]  # fmt: skip
    assert [(row.kind, row.unit, row.buckets) for row in rows] == [
        ("counter", "", ()), ("gauge", "amperes", ()), ("histogram", "seconds", (0.1, 1.0)),
    ]  # fmt: skip
