"""What the CSMS wrote down can be read at any moment, also when it was killed over a line."""

import os

from tests.e2e.outage.csms import lines, opened


def test_a_line_that_is_not_whole_yet_is_not_read(tmp_path):
    record = tmp_path / "record.jsonl"
    record.write_text('{"at": 1}\n{"at": 2}\n{"at"')
    assert lines(record) == [{"at": 1}, {"at": 2}]


def test_the_next_life_goes_on_behind_the_last_whole_line(tmp_path):
    record = tmp_path / "record.jsonl"
    for known in ("", '{"at": 1}\n', '{"at": 1}\n{"at'):
        record.write_text(known)
        file = opened(record)
        os.write(file, b'{"at": 3}\n')
        os.close(file)
        assert lines(record) == [*([{"at": 1}] if known else []), {"at": 3}]


def test_no_record_is_no_fact(tmp_path):
    assert lines(tmp_path / "none") == []
    os.close(opened(tmp_path / "none"))
    assert lines(tmp_path / "none") == []
