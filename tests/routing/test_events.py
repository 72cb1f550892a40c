"""Events are values too; the priorities of own CALLs have an order."""

import pytest

import routing
from routing.events import Event, FollowUp, OwnCallAsked, Priority
from routing.values import LinkId

EVENTS = [kind for kind in vars(routing.events).values() if isinstance(kind, type) and issubclass(kind, Event)]


@pytest.mark.parametrize("kind", EVENTS)
def test_every_event_names_its_link(kind):
    assert kind.__struct_fields__[0] == "link"
    assert kind.__struct_config__.frozen


def test_2_3_4b_safety_comes_before_routine():
    assert Priority.SAFETY < Priority.ROUTINE


def test_an_own_call_is_routine_unless_said_otherwise():
    asked = OwnCallAsked(link=LinkId(1), token=1, action="Reset", payload="{}")
    assert (asked.priority, asked.timeout_s, asked.follow_up) == (Priority.ROUTINE, None, None)


def test_a_follow_up_is_waited_for_a_minute():
    assert FollowUp(action="NotifyReport").within_s == 60.0
