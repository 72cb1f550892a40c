"""Numbers of orders, and whose they are."""

import json

from localctl.charging.dispatching import orders
from localctl.charging.dispatching.orders import Outbox, text_of


def made(outbox, identity="CP1", **changes):
    return outbox.order(
        identity, outbox.number(), "ClearChargingProfile", text_of({"id": 5}), why="clear", timeout_s=9, **changes
    )


def test_an_order_says_all_that_sending_it_needs():
    order = made(Outbox(7))
    assert (order.identity, order.token, order.action, order.why) == ("CP1", 7, "ClearChargingProfile", "clear")
    assert (json.loads(order.payload), order.priority, order.timeout_s) == ({"id": 5}, "routine", 9)
    assert made(Outbox(1), urgent=True).priority == "safety"


def test_no_number_is_given_twice_and_each_finds_its_station():
    outbox = Outbox(7)
    first, second = made(outbox), made(outbox, "CP2")
    assert first.token != second.token
    assert outbox.next_token > second.token
    assert (outbox.owner(first.token), outbox.owner(second.token), outbox.owner(99)) == ("CP1", "CP2", None)


def test_a_station_that_leaves_takes_its_numbers_along():
    outbox = Outbox(1)
    order = made(outbox)
    outbox.forget("CP1")
    assert outbox.owner(order.token) is None


def test_numbers_nobody_waits_for_any_more_are_forgotten(monkeypatch):
    monkeypatch.setattr(orders, "MOST_OWNERS", 3)
    outbox = Outbox(1)
    tokens = [made(outbox).token for _ in range(5)]
    assert [outbox.owner(token) for token in tokens] == [None, None, "CP1", "CP1", "CP1"]
