"""Half-open connections: who is dropped when there are too many, and that nothing is kept of those who have gone."""

from math import inf

from localctl.net.half_opens import HalfOpens

SILENT, NAT = "10.0.0.1", "10.0.0.2"


def dropped(halves):
    return [half.cause for half in halves if half.scope.cancel_called]


async def test_p6_half_open_connections_of_one_peer_do_not_push_out_those_of_others():
    halves = HalfOpens()
    other = halves.add(SILENT, inf, most=10, most_per_peer=3)
    mine = [halves.add(NAT, inf, most=10, most_per_peer=3) for _ in range(6)]
    assert [half.scope.cancel_called for half in mine] == [True, True, True, False, False, False]
    assert dropped([*mine, other]) == ["too_many_of_peer"] * 3
    halves.remove(other)
    halves.remove(other)
    assert len(halves) == 3


async def test_p6_over_all_peers_the_oldest_goes_first():
    halves = HalfOpens()
    crowd = [halves.add(f"10.0.0.{number}", inf, most=4, most_per_peer=3) for number in range(10)]
    assert [half.scope.cancel_called for half in crowd] == [True] * 6 + [False] * 4
    assert dropped(crowd) == ["too_many"] * 6


async def test_p6_nothing_is_kept_of_peers_that_have_gone():
    halves = HalfOpens()
    for number in range(5):
        halves.remove(halves.add(f"10.0.1.{number}", inf, most=4, most_per_peer=3))
    assert (len(halves), halves._by_peer) == (0, {})
    halves.drop_oldest()
