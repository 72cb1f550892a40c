"""The router's commands about the journal reach it, and its news come back as events."""

import pytest

from localctl.net.keeping import Keeping
from routing.carrying.items import Alias, Item, Kind, Known, Row
from routing.commands import Bury, Delivered, Fetch, Forget, Keep, Remember
from routing.errors import OurBug
from routing.events import Event, Fetched, Kept, NotKept
from routing.values import LinkId

LINK = LinkId(4)
ITEM = Item(kind=Kind.EVENT, action="NotifyEvent", message_id="1", payload="{}")


class Shelf:
    """An archive that notes what it is asked and answers when told."""

    def __init__(self):
        self.asked = []

    def known(self, identity):
        return Known(accepted=identity == "CS1", waiting=3)

    def __getattr__(self, name):
        return lambda *args, **more: self.asked.append((name, args, more))


def keeping() -> tuple[Keeping, Shelf, list[Event]]:
    shelf, posted = Shelf(), []
    return Keeping(shelf, posted.append), shelf, posted


@pytest.mark.parametrize(
    ("number", "news"), [(9, Kept(link=LINK, ticket=2, row=9)), (None, NotKept(link=LINK, ticket=2))]
)
def test_the_router_hears_whether_a_message_is_on_disk(number, news):
    box, shelf, posted = keeping()
    box.carry_out("CS1", Keep(link=LINK, ticket=2, item=ITEM))
    ((name, (identity, item, done), _),) = shelf.asked
    assert (name, identity, item, posted) == ("keep", "CS1", ITEM, [])
    done(number)
    assert posted == [news]


def test_the_router_hears_what_is_oldest():
    box, shelf, posted = keeping()
    box.carry_out("CS1", Fetch(link=LINK))
    ((_, (_, done), _),) = shelf.asked
    row = Row(number=1, item=ITEM)
    done(row, 5, frozenset({"t"}))
    assert posted == [Fetched(link=LINK, row=row, waiting=5, transactions=frozenset({"t"}))]


def test_what_became_of_a_message_is_passed_on():
    box, shelf, _ = keeping()
    box.carry_out("CS1", Delivered(link=LINK, row=1, alias=Alias(local=7, real=8), ended=7))
    box.carry_out("CS1", Bury(link=LINK, row=2, attempts=3, code="X", text="why"))
    box.carry_out("CS1", Remember(link=LINK, accepted=True, heartbeat_s=60))
    delivered, buried, remembered = shelf.asked
    assert delivered == ("delivered", ("CS1", 1), {"alias": Alias(local=7, real=8), "ended": 7})
    assert buried == ("bury", ("CS1", 2), {"attempts": 3, "code": "X", "text": "why"})
    assert remembered[2]["accepted"] is True
    assert remembered[2]["heartbeat_s"] == 60


def test_who_arrives_is_known_and_trusted_only_if_the_box_itself_knows_it():
    box, _, _ = keeping()
    assert box.known("CS1", trusted=True) == Known(accepted=True, waiting=3, trusted=True)
    assert box.known("CS2", trusted=False) == Known(waiting=3)


def test_without_a_journal_nothing_is_known_and_nothing_may_be_kept():
    box = Keeping(None, lambda _event: None)
    assert box.known("CS1", trusted=False) == Known()
    with pytest.raises(OurBug, match="without a journal"):
        box.carry_out("CS1", Fetch(link=LINK))


def test_a_command_that_is_nothing_for_the_journal_is_our_bug():
    box, _, _ = keeping()
    with pytest.raises(OurBug, match="nothing for the journal"):
        box.carry_out("CS1", Forget(link=LINK))
