"""Late deliveries on one clock."""

import trio

from localctl.simulate.mail import Mail


async def test_deliveries_come_at_their_time_and_in_the_order_asked_for(autojump_clock, nursery):
    mail, came = Mail(), []
    nursery.start_soon(mail.run)
    mail.after(2.0, lambda: came.append(("late", trio.current_time())))
    mail.after(1.0, lambda: came.append(("first", trio.current_time())))
    mail.after(1.0, lambda: came.append(("second", trio.current_time())))
    await trio.sleep(5)
    assert came == [("first", 1.0), ("second", 1.0), ("late", 2.0)]


async def test_a_delivery_may_ask_for_an_earlier_one_than_the_next(autojump_clock, nursery):
    mail, came = Mail(), []
    nursery.start_soon(mail.run)
    mail.after(10.0, lambda: came.append("last"))
    mail.after(1.0, lambda: mail.after(1.0, lambda: came.append(trio.current_time())))
    await trio.sleep(20)
    assert came == [2.0, "last"]


async def test_what_is_overdue_is_delivered_at_once(autojump_clock, nursery):
    mail, came = Mail(), []
    await trio.sleep(5)
    mail.at(1.0, lambda: came.append(trio.current_time()))
    nursery.start_soon(mail.run)
    await trio.sleep(1)
    assert came == [5.0]
