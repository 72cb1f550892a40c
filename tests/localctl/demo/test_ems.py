"""The EMS: its plan, its slider, and others who set the same limit."""

import trio

from localctl.demo.api import NoAnswer
from localctl.demo.cast import LOW_A, USUAL_A, Plan
from localctl.demo.ems import Ems, program


class Box:
    """What the EMS talks to. `broken` answers nothing."""

    url, token, socket = "http://127.0.0.1:1", "t0ken", "/tmp/demo-12345678/box"

    def __init__(self):
        self.put, self.broken, self.now_at = [], False, 1000.0

    async def limit(self, panel, body):
        """Takes a limit."""
        if self.broken:
            raise NoAnswer("nobody there")
        self.put.append((panel, body["limit_a"]))
        self.now_at += 1
        return {"external": [word(body["limit_a"], self.now_at)]}


def word(limit_a, heard_at, source="ems"):
    """What the box says about a limit from outside."""
    return {"source": source, "node": "panel:main", "heard_at": heard_at, "limit_a": [limit_a] * 3}


async def running(nursery, box):
    """An EMS at work on a plan of a minute."""
    said, limits = [], []
    ems = Ems(box, on_limit=limits.append, say=said.append)
    nursery.start_soon(ems.run, Plan())
    await trio.sleep(0.5)
    return ems, limits, said


async def test_it_follows_its_plan(autojump_clock):
    box = Box()
    async with trio.open_nursery() as nursery:
        _, limits, _ = await running(nursery, box)
        await trio.sleep(59)
        nursery.cancel_scope.cancel()
    assert limits == [USUAL_A, LOW_A, USUAL_A]
    assert box.put == [("main", USUAL_A), ("main", LOW_A), ("main", USUAL_A)]


async def test_a_limit_is_told_again_before_it_ends(autojump_clock):
    box = Box()
    async with trio.open_nursery() as nursery:
        await running(nursery, box)
        await trio.sleep(200)
        nursery.cancel_scope.cancel()
    assert len(box.put) >= 5


async def test_once_the_slider_is_turned_the_plan_is_over(autojump_clock):
    box = Box()
    async with trio.open_nursery() as nursery:
        ems, limits, _ = await running(nursery, box)
        ems.slide(55)
        await trio.sleep(59)
        nursery.cancel_scope.cancel()
    assert limits == [USUAL_A, 55]


async def test_a_turn_to_where_the_slider_is_holds_the_plan_too_and_is_told(autojump_clock):
    async with trio.open_nursery() as nursery:
        ems, limits, said = await running(nursery, Box())
        assert not ems.by_hand
        ems.slide(USUAL_A)
        await ems.taken.wait()
        await trio.sleep(59)
        nursery.cancel_scope.cancel()
    assert limits == [USUAL_A]
    assert said == ["EMS: main stays at 80 A per phase"]


async def test_the_slider_ends_at_nothing_and_at_the_main_fuse(autojump_clock):
    async with trio.open_nursery() as nursery:
        ems, limits, _ = await running(nursery, Box())
        for wanted in (500, -5):
            ems.slide(wanted)
            await trio.sleep(1)
        nursery.cancel_scope.cancel()
    assert limits[-2:] == [100, 0]


async def test_a_box_that_does_not_answer_is_asked_again_and_told_about(autojump_clock):
    box = Box()
    box.broken = True
    async with trio.open_nursery() as nursery:
        _, limits, said = await running(nursery, box)
        assert (limits, said) == ([], ["EMS: nobody there"])
        box.broken = False
        await trio.sleep(2)
        nursery.cancel_scope.cancel()
    assert limits == [USUAL_A]


async def test_somebody_elses_newer_word_is_taken_over_and_an_older_picture_is_not(autojump_clock):
    box = Box()
    async with trio.open_nursery() as nursery:
        ems, limits, said = await running(nursery, box)
        ems.seen({"external": [word(10, box.now_at - 5)]})
        assert limits == [USUAL_A]
        ems.seen({"external": [word(30, box.now_at + 5, source="grid"), word(25, box.now_at + 5)]})
        assert (limits[-1], ems.limit_a) == (25, 25)
        assert said == ["somebody else limits main to 25 A"]
        nursery.cancel_scope.cancel()


async def test_somebody_elses_word_that_says_the_same_takes_the_slider(autojump_clock):
    box = Box()
    async with trio.open_nursery() as nursery:
        ems, _, said = await running(nursery, box)
        ems.seen({"external": [word(USUAL_A, box.now_at + 5)]})
        assert ems.by_hand
        assert said == ["somebody else limits main to 80 A"]
        nursery.cancel_scope.cancel()


async def test_its_own_word_is_not_taken_for_somebody_elses_while_it_is_under_way(autojump_clock):
    class Slow(Box):
        async def limit(self, panel, body):
            answer = await super().limit(panel, body)
            await trio.sleep(1)
            return answer

    box = Slow()
    async with trio.open_nursery() as nursery:
        ems, limits, said = await running(nursery, box)
        ems.seen({"external": [word(USUAL_A, box.now_at)]})
        assert not ems.by_hand
        await trio.sleep(1)
        ems.seen({"external": [word(USUAL_A, box.now_at)]})
        assert (ems.by_hand, limits, said) == (False, [USUAL_A], [])
        nursery.cancel_scope.cancel()


async def test_it_shows_how_to_do_the_same_from_elsewhere():
    curl, words = Ems(Box(), on_limit=lambda _a: None, say=lambda _what: None).ways()
    assert curl.startswith("curl -X PUT -H 'Authorization: Bearer t0ken' http://127.0.0.1:1/api/v1/limits/main -d '{")
    assert words == f"{program()} limit set main --amps 40 --socket /tmp/demo-12345678/box"
    assert len(words.replace(program(), ".venv/bin/localctl")) < 80, "a terminal of 80 columns breaks nothing"


def test_the_program_is_called_by_its_path_where_no_shell_finds_it(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.executable", str(tmp_path / "bin" / "python"))
    monkeypatch.setattr("shutil.which", lambda _name: None)
    assert program() == "localctl"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "localctl").touch()
    assert program() == "bin/localctl"
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    assert program() == "localctl"
