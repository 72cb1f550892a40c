"""The table of a link's states: from everywhere there is a way out, and none leads back from the end."""

from routing.link_states import MOVES, TALKING, Move, State


def reachable(begin: State) -> set[State]:
    found, todo = {begin}, [begin]
    while todo:
        here = todo.pop()
        for (state, _), to in MOVES.items():
            if state is here and to not in found:
                found.add(to)
                todo.append(to)
    return found


def test_every_state_can_be_reached_and_every_state_can_end():
    assert reachable(State.NEW) == set(State)
    for state in State:
        assert State.GONE in reachable(state)


def test_from_the_end_there_is_no_way_back():
    assert reachable(State.ENDING) == {State.ENDING, State.GONE}
    assert reachable(State.GONE) == {State.GONE}


def test_whoever_is_not_on_the_way_out_can_be_ended_at_any_time():
    for state in set(State) - {State.ENDING, State.GONE}:
        assert MOVES[state, Move.END] is State.ENDING


def test_6_3_a_station_that_is_talked_with_stays_one_until_it_ends_or_its_csms_is_back():
    for (state, move), to in MOVES.items():
        if state in TALKING and move is not Move.END:
            assert to in TALKING


def test_6_3_a_station_comes_to_be_carried_from_wherever_its_csms_can_be_missed():
    carried = {state for (state, move), to in MOVES.items() if move is Move.STAY and to is State.CARRYING}
    assert carried == {
        State.NEW,
        State.HELD,
        State.DIALLING,
        State.GREETED,
        State.JOINING,
        State.OPEN,
        State.REDIALLING,
    }
