"""What one process leaves to the next, and what a broken state directory does to it."""

from pathlib import Path

import trio

from localctl.memory import Memory
from localctl.net.settings import StationEdge


async def remembered(folder: Path, use) -> object:
    """Use a fresh memory of this folder; what it wants kept is written before this returns."""
    async with trio.open_nursery() as nursery:
        memory = Memory(folder, lambda _reason: None)
        nursery.start_soon(memory.run)
        result = use(memory)
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    return result


async def test_the_own_key_is_made_once(tmp_path: Path):
    first = await remembered(tmp_path, Memory.own_key)
    assert len(first) == 32
    assert await remembered(tmp_path, Memory.own_key) == first


async def test_a_key_that_is_no_key_is_made_anew(tmp_path: Path):
    (tmp_path / "router.json").write_text('{"own_key": "short"}')
    assert len(await remembered(tmp_path, Memory.own_key)) == 32


async def test_a05_fr_06_the_highest_profile_is_remembered(tmp_path: Path):
    await remembered(tmp_path, lambda memory: memory.gatekeeper().came_in("CP1", 3))
    assert '"cp1":3' in (tmp_path / "security.json").read_text()


async def test_a01_a_learnt_password_is_remembered_with_what_it_took_the_place_of(tmp_path: Path):
    edge = StationEdge(verify="local", password_hash="scrypt$the-configured-one")
    keeper = Memory(tmp_path, lambda _reason: None)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(keeper.run)
        await keeper.gatekeeper().learn(edge, "CP1", b"second")
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    keeper = await remembered(tmp_path, Memory.gatekeeper)
    assert keeper.was_given_another("cp1", edge)
    assert not keeper.was_given_another("cp1", StationEdge(verify="local", password_hash="scrypt$a-newer-one"))
    assert "second" not in (tmp_path / "security.json").read_text()


async def test_nonsense_in_the_documents_is_left_out(tmp_path: Path):
    (tmp_path / "security.json").write_text('{"profiles": {"cp1": "three"}, "passwords": [1]}')
    (tmp_path / "adopted.json").write_text('{"stations": [1, "CP9"]}')
    memory = Memory(tmp_path, lambda _reason: None)
    memory.gatekeeper()
    assert memory.adoption().settled == ("cp9",)


async def test_what_charging_stores_is_there_when_the_call_returns(tmp_path: Path):
    await Memory(tmp_path, lambda _reason: None).store_charging({"n": 1})
    assert Memory(tmp_path, lambda _reason: None).charging() == {"n": 1}
