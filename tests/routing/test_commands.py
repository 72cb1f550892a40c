"""Commands are values: they name their link, compare by content, and cannot be changed on the way."""

import pytest

import routing
from routing.commands import Close, Command, Send
from routing.values import Leg, LinkId

COMMANDS = [kind for kind in vars(routing.commands).values() if isinstance(kind, type) and issubclass(kind, Command)]


@pytest.mark.parametrize("kind", COMMANDS)
def test_every_command_names_its_link(kind):
    assert kind.__struct_fields__[0] == "link"
    assert kind.__struct_config__.frozen


def test_commands_compare_by_content():
    assert Send(link=LinkId(1), leg=Leg.CSMS, text="x") == Send(link=LinkId(1), leg=Leg.CSMS, text="x")
    assert Send(link=LinkId(1), leg=Leg.CSMS, text="x") != Send(link=LinkId(1), leg=Leg.STATION, text="x")


def test_a_leg_is_closed_politely_unless_said_otherwise():
    assert Close(link=LinkId(1), leg=Leg.CSMS, code=1000, reason="").style == "close"
