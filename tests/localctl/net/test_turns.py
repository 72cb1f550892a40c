"""Turns: one event after the other, in order; a bug costs the link it happened in, and no other."""

import pytest

from localctl.net.turns import Turns
from routing.commands import Pause
from routing.events import FrameArrived, ReadingStopped, Woke
from routing.values import Leg, LinkId

ONE, TWO = LinkId(1), LinkId(2)


class Link:
    broken = False


class Box:
    """A router that fails on demand and carries out what a test wants."""

    def __init__(self):
        self.links, self.handled, self.told, self.forgotten, self.ahead = {ONE: Link(), TWO: Link()}, [], [], [], []
        self.fails = lambda _event: False
        self.carry_out = lambda _command, _now: None
        self.turns = Turns(
            self, self.links, carry_out=lambda *what: self.carry_out(*what), forget=self.forgotten.append,
            tell=lambda link, error: self.told.append((link, str(error))),
            read_ahead=lambda: self.ahead.pop(0) if self.ahead else None,
        )  # fmt: skip

    def handle(self, event, _now):
        self.handled.append(event)
        if self.fails(event):
            raise ZeroDivisionError("a bug")
        return [Pause(link=event.link, leg=Leg.STATION)] if isinstance(event, Woke) else []


async def test_what_happens_while_commands_are_carried_out_waits_its_turn():
    box, inside = Box(), []

    def carry_out(command, _now):
        box.turns.post(Woke(link=TWO)) if command.link == ONE else None
        inside.append((command.link, len(box.handled)))

    box.carry_out = carry_out
    box.turns.post(Woke(link=ONE))
    assert inside == [(ONE, 1), (TWO, 2)]
    assert not box.turns.busy


async def test_what_was_read_ahead_comes_when_nothing_else_waits():
    box = Box()
    box.ahead = [FrameArrived(link=ONE, leg=Leg.STATION, text="read ahead")]
    box.turns.post(Woke(link=TWO))
    assert box.handled == [Woke(link=TWO), FrameArrived(link=ONE, leg=Leg.STATION, text="read ahead")]


@pytest.mark.parametrize("where", ["router", "command"])
async def test_a_bug_ends_its_link_and_no_other_notices(where):
    box = Box()
    if where == "router":
        box.fails = lambda event: event == Woke(link=ONE)
    else:
        box.carry_out = lambda command, _now: 1 / 0 if command.link == ONE else None
    box.turns.post(Woke(link=ONE))
    box.turns.post(Woke(link=TWO))
    assert box.handled == [Woke(link=ONE), ReadingStopped(link=ONE, reason="internal error"), Woke(link=TWO)]
    assert [link for link, _ in box.told] == [box.links[ONE]]
    assert (box.links[ONE].broken, box.links[TWO].broken) == (True, False)


async def test_a_link_whose_end_fails_too_is_forgotten():
    box = Box()
    box.fails = lambda event: event.link == ONE
    box.turns.post(Woke(link=ONE))
    assert (len(box.told), box.forgotten) == (2, [box.links[ONE]])


async def test_a_bug_of_a_link_that_is_gone_is_told_and_ends_nothing():
    box = Box()
    box.turns.bug(LinkId(3), ZeroDivisionError("a bug"))
    assert (box.told, box.handled) == ([(None, "a bug")], [])
