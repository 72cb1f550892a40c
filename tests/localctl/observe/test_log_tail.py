"""The newest lines of the log stay readable, in bounded number and length."""

import io
from collections import deque

from structlog import get_logger

from localctl.observe.log_tail import LONGEST, LogTail, last_lines
from localctl.observe.logs import set_up_logs


def test_what_is_written_goes_out_and_is_kept():
    out, kept = io.StringIO(), deque[str](maxlen=3)
    tail = LogTail(out, lines=kept)
    for number in range(5):
        assert tail.write(f"line {number}\n") == 7
    tail.flush()
    assert out.getvalue() == "line 0\nline 1\nline 2\nline 3\nline 4\n"
    assert last_lines(lines=kept) == ["line 2", "line 3", "line 4"]
    assert last_lines(2, kept) == ["line 3", "line 4"]
    assert last_lines(0, kept) == []


def test_long_lines_are_cut_and_colours_taken_out():
    kept = deque[str]()
    tail = LogTail(io.StringIO(), lines=kept)
    tail.write("x" * (LONGEST + 5) + "\n\x1b[31mred\x1b[0m\n")
    assert last_lines(lines=kept) == ["x" * LONGEST, "red"]


def test_p7_the_log_of_the_process_is_kept_after_its_redaction():
    set_up_logs(out=io.StringIO(), look="logfmt", environ={})
    get_logger("x").info("tail tested", password="hunter2", station="CP1")
    newest = last_lines(1)[0]
    assert 'event="tail tested"' in newest
    assert "station=CP1" in newest
    assert "hunter2" not in newest
