"""Own ids: never repeated, recognised for ever, nobody else's."""

from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from routing.ids import OwnIds

KEY = b"secret of this box"


def ids(start: float = 0.5, key: bytes = KEY) -> OwnIds:
    return OwnIds(key, lambda: start)


def test_2_2_5_own_ids_are_uuids_that_fill_the_field_of_36_characters():
    message_id = ids().new()
    assert len(message_id) == 36
    assert str(UUID(message_id)) == message_id
    assert UUID(message_id).version == 8


def test_2_2_1_no_id_comes_twice():
    maker = ids()
    assert len({maker.new() for _ in range(2000)}) == 2000


def test_the_number_wraps_and_goes_on():
    maker = ids(start=1.0 - 2**-53)
    assert len({maker.new() for _ in range(100)}) == 100
    assert maker.made(maker.new())


def test_p4_6_4_ids_of_an_earlier_run_are_recognised_after_a_restart():
    before = [ids(start=0.1).new() for _ in range(5)]
    after = ids(start=0.9)
    assert all(after.made(message_id) for message_id in before)
    assert all(after.made(message_id.upper()) for message_id in before)


def test_another_boxs_ids_are_not_ours():
    assert not ids().made(ids(key=b"another box").new())


@given(st.text(max_size=40))
def test_ids_of_peers_are_not_ours(message_id):
    assert not ids().made(message_id)


def test_uuids_of_peers_are_not_ours():
    maker = ids()
    assert not any(maker.made(str(uuid4())) for _ in range(500))


@given(st.integers(0, 35))
def test_a_changed_id_is_not_ours(place):
    maker = ids()
    message_id = maker.new()
    changed = message_id[:place] + ("0" if message_id[place] != "0" else "1") + message_id[place + 1 :]
    assert not maker.made(changed)
