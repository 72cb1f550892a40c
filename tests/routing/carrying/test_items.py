"""What is kept is a plain value, and the order in which kinds may be dropped is their order (E04.FR.07, FR.08)."""

import msgspec
import pytest

from routing.carrying.items import Alias, Item, Kind, Known, Row


def test_e04_fr07_kinds_stand_in_the_order_in_which_they_may_be_dropped():
    assert [kind.value for kind in Kind] == ["update", "event", "latest", "transaction"]


def test_an_item_survives_the_way_to_disk_and_back_in_every_byte():
    payload = '{ "n": 1.0,\t"text":"\\u00e4 ä" }'
    item = Item(kind=Kind.TRANSACTION, action="StopTransaction", message_id="7", payload=payload, transaction="5")
    row = Row(number=3, item=item)
    assert msgspec.json.decode(msgspec.json.encode(row), type=Row) == row


def test_a_stranger_is_not_accepted_not_trusted_and_has_nothing_waiting():
    known = Known()
    assert not any((known.accepted, known.trusted, known.waiting, known.aliases, known.recent))


def test_values_cannot_be_changed_behind_anybodys_back():
    with pytest.raises(AttributeError):
        Alias(local=1).real = 2
