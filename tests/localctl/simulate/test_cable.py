"""A connection in memory: delays, order, and every way to end."""

import trio

from tests.localctl.simulate.wire_kit import joined


async def test_texts_take_their_time_each_way(autojump_clock, nursery):
    cable, box, peer = joined(nursery)
    cable.give("down")
    cable.say("up")
    await trio.sleep(5)
    assert (peer.texts, box.texts) == ([(1.0, "down")], [(2.0, "up")])


async def test_a_slow_text_holds_back_those_behind_it(autojump_clock, nursery):
    cable, _, peer = joined(nursery)
    cable.deliver_down("slow", extra_s=10.0)
    cable.deliver_down("quick")
    await trio.sleep(20)
    assert [text for _, text in peer.texts] == ["slow", "quick"]


async def test_a_closed_cable_lets_what_was_sent_before_through_and_both_sides_know(autojump_clock, nursery):
    cable, box, peer = joined(nursery)
    cable.give("last words")
    cable.hang_up(1001, "going away")
    await trio.sleep(10)
    assert [text for _, text in peer.texts] == ["last words"]
    assert peer.ends == ["closed with 1001 going away"]
    assert box.ends == [("going away", 1001)]


async def test_nothing_is_heard_after_the_end(autojump_clock, nursery):
    cable, box, peer = joined(nursery)
    cable.say("on its way")
    cable.give("on its way")
    cable.snap()
    await trio.sleep(10)
    assert box.texts == peer.texts == []
    assert len(box.ends) == len(peer.ends) == 1


async def test_a_peer_that_leaves_is_noticed_with_its_code(autojump_clock, nursery):
    cable, box, _ = joined(nursery)
    cable.leave(1000, "bye")
    await trio.sleep(3)
    assert box.ends == [("bye", 1000)]


async def test_an_aborted_cable_is_over_for_the_box_at_once(autojump_clock, nursery):
    cable, box, peer = joined(nursery)
    cable.abort()
    assert box.ends
    assert peer.ends == []
    await trio.sleep(2)
    assert peer.ends == ["reset"]


async def test_what_is_said_over_a_stalled_cable_arrives_when_it_is_plugged_in_again(autojump_clock, nursery):
    cable, box, _ = joined(nursery)
    cable.stall(noticed_after_s=100)
    cable.say("wait for it")
    await trio.sleep(50)
    assert box.texts == []
    cable.unstall()
    await trio.sleep(200)
    assert box.texts == [(52.0, "wait for it")]
    assert box.ends == []


async def test_a_stalled_cable_ends_for_the_box_when_its_pings_stay_unanswered(autojump_clock, nursery):
    cable, box, peer = joined(nursery)
    cable.stall(noticed_after_s=100)
    await trio.sleep(150)
    assert box.ends == [("no pong", None)]
    assert peer.ends == []


async def test_a_close_that_nobody_answers_is_over_after_the_patience(autojump_clock, nursery):
    cable, box, _ = joined(nursery)
    cable.stall(noticed_after_s=1000)
    cable.hang_up(1000, "")
    await trio.sleep(6)
    assert box.ends == [("no answer to the close", None)]


class Doubler:
    def down(self, cable, text):
        return [(text, 0.0), (text, 3.0)]

    def up(self, cable, text):
        return []


async def test_a_tamper_decides_what_becomes_of_texts(autojump_clock, nursery):
    cable, box, peer = joined(nursery, tamper=Doubler())
    cable.give("twice")
    cable.say("never")
    await trio.sleep(10)
    assert [text for _, text in peer.texts] == ["twice", "twice"]
    assert box.texts == []


async def test_a_peer_without_power_says_nothing_and_the_box_finds_out_late(autojump_clock, nursery):
    cable, box, peer = joined(nursery)
    cable.vanish(noticed_after_s=100)
    cable.give("to nobody")
    await trio.sleep(99)
    assert (peer.texts, peer.ends, box.ends) == ([], ["no power"], [])
    await trio.sleep(2)
    assert box.ends == [("no pong", None)]
