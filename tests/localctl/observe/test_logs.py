"""The log's looks, its redaction, and saying things once."""

import io
import json
import logging
import os
import re
from collections.abc import Iterator

import pytest
import structlog
import trio

from localctl.observe.logs import Look, set_up_logs

CANARY = "c4n4ry-S3cret"


@pytest.fixture(autouse=True)
def _restore_logging() -> Iterator[None]:
    """Leave structlog and the root logger as they were found."""
    root, handlers, level = logging.getLogger(), logging.getLogger().handlers[:], logging.getLogger().level
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers[:], root.level = handlers, level


def logged(look: Look, level: str = "info", **facts: object) -> str:
    out = io.StringIO()
    set_up_logs(level="info", look=look, out=out, environ={})
    getattr(structlog.get_logger(), level)("station lost", **facts)
    return out.getvalue()


def test_logfmt_has_level_event_and_facts_on_one_line():
    line = logged("logfmt", station="CS 1", reason='said "bye"\nand left')
    assert line.count("\n") == 1
    assert 'level=info event="station lost"' in line
    assert 'station="CS 1"' in line
    assert line.startswith("at=2")


def test_the_instant_is_utc_to_the_millisecond():
    assert re.match(r"at=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z level=info ", logged("logfmt"))


@pytest.mark.parametrize(("level", "priority"), [("error", "<3>"), ("warning", "<4>"), ("info", "<6>")])
def test_under_journald_each_line_begins_with_its_priority_and_has_no_time(level: str, priority: str):
    line = logged("journal", level, station="CS1")
    assert line == f'{priority}event="station lost" station=CS1\n'


def test_the_journal_is_known_by_its_pipe():
    read, write = os.pipe()
    with os.fdopen(read) as lines, os.fdopen(write, "w", buffering=1) as out:
        status = os.fstat(out.fileno())
        set_up_logs(out=out, environ={"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"})
        structlog.get_logger().info("ready")
        assert lines.readline() == "<6>event=ready\n"


def test_a_journal_stream_inherited_by_a_redirected_child_is_not_believed():
    out = io.StringIO()
    set_up_logs(out=out, environ={"JOURNAL_STREAM": "8:1234"})
    structlog.get_logger().info("ready")
    assert out.getvalue().startswith("at=")


def test_json_is_one_object_per_line():
    event = json.loads(logged("json", station="CS1", code=1006))
    assert (event["event"], event["level"], event["station"], event["code"]) == ("station lost", "info", "CS1", 1006)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("environ", "colours"), [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True)])
def test_colour_only_on_a_terminal_and_never_against_no_color(environ: dict[str, str], colours: bool):
    out = Terminal()
    set_up_logs(out=out, environ=environ)
    structlog.get_logger().info("ready")
    assert ("\x1b[" in out.getvalue()) == colours


@pytest.mark.parametrize("look", ["logfmt", "journal", "json", "terminal"])
def test_no_look_shows_a_secret(look: Look):
    shown = logged(look, password=CANARY, headers={"Authorization": f"Basic {CANARY}"}, url=f"wss://a:{CANARY}@b/")
    assert CANARY not in shown
    assert "[hidden]" in shown


def test_a_traceback_passes_the_redaction_too():
    out = io.StringIO()
    set_up_logs(look="logfmt", out=out, environ={})
    try:
        raise ValueError(f"wss://station:{CANARY}@csms/")
    except ValueError:
        structlog.get_logger().exception("a bug")
    assert "ValueError" in out.getvalue()
    assert CANARY not in out.getvalue()


def test_what_is_below_the_level_is_not_said():
    out = io.StringIO()
    set_up_logs(level="warning", look="logfmt", out=out, environ={})
    structlog.get_logger().info("chatter")
    assert out.getvalue() == ""


def test_libraries_that_use_the_standard_logging_end_in_the_same_log():
    out = io.StringIO()
    set_up_logs(look="logfmt", out=out, environ={})
    logging.getLogger("some.library").warning("odd request to %s", f"http://a:{CANARY}@b")
    logging.getLogger("asyncio").info("chatter")
    assert 'level=warning event="odd request to http://[hidden]@b" library=some.library' in out.getvalue()
    assert "chatter" not in out.getvalue()


async def test_facts_bound_in_a_task_follow_into_the_tasks_it_starts():
    out = io.StringIO()
    set_up_logs(look="logfmt", out=out, environ={})

    async def work() -> None:
        structlog.get_logger().info("working")

    async def of_station(identity: str) -> None:
        structlog.contextvars.bind_contextvars(station=identity)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(work)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(of_station, "CS1")
        nursery.start_soon(of_station, "CS2")
    lines = out.getvalue().splitlines()
    assert sorted(line.split("station=")[1] for line in lines) == ["CS1", "CS2"]


def test_names_that_logfmt_cannot_carry_are_mended():
    assert "odd_name__=1" in logged("logfmt", **{"odd name\n=": 1})
