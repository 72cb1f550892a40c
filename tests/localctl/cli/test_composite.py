"""`localctl composite`: files and standard input in, lines out."""

import io
import json
from pathlib import Path

import pytest

from localctl.cli.composite import run

FIXTURES = Path(__file__).parents[2] / "fixtures" / "composite"


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_an_array_gives_one_line_per_request_and_a_bad_one_spoils_no_other(capsys):
    assert run(FIXTURES / "three_requests.json") == 0
    first, bad, last = lines(capsys)
    assert first == {"id": "station", "periods": [{"startPeriod": 0, "limit": 12.0, "numberPhases": 3}]}
    assert bad == {"id": "broken", "error": "unit: must be one of A, W, is 'kW'"}
    assert last["periods"] == [{"startPeriod": 0, "limit": 16.0}]


@pytest.mark.parametrize("path", [None, Path("-")])
def test_one_object_is_read_from_standard_input(path, capsys, monkeypatch):
    request = json.loads((FIXTURES / "three_requests.json").read_text())[2]
    raw = b"\xef\xbb\xbf" + json.dumps(request).encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw)))
    assert run(path) == 0
    assert lines(capsys) == [{"id": None, "periods": [{"startPeriod": 0, "limit": 16.0}]}]


def test_an_empty_array_gives_no_line(capsys, tmp_path):
    (tmp_path / "none.json").write_text("[]")
    assert run(tmp_path / "none.json") == 0
    assert capsys.readouterr().out == ""


def test_a_number_of_thousands_of_digits_is_an_error_of_its_request_only(capsys, tmp_path):
    station, _, last = json.loads((FIXTURES / "three_requests.json").read_text())
    endless = "9" * 5_000
    long = json.dumps(last | {"id": "long", "duration_s": 0}).replace('"duration_s": 0', f'"duration_s": -{endless}')
    nameless = json.dumps(station | {"id": 0}).replace('"id": 0', f'"id": {endless}')
    (tmp_path / "long.json").write_text(f"[{long}, {nameless}, {endless}, {json.dumps(last)}]")
    assert run(tmp_path / "long.json") == 0
    wrong, unnamed, bare, good = lines(capsys)
    assert wrong == {"id": "long", "error": "duration_s: must be a finite number between -1e12 and 1e12"}
    assert unnamed["id"] is None
    assert unnamed["periods"]
    assert bare == {"id": None, "error": "request: must be an object, is a number"}
    assert good["periods"] == [{"startPeriod": 0, "limit": 16.0}]


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b'[\n  {"id": 1,,}\n]', "line 2, column 12: not JSON: "),
        (b"", "line 1, column 1: not JSON: "),
        (b'{"id": "\xff"}', "byte 8: not UTF-8 text"),
        (b"[" * 200_000, "not JSON anybody can use"),
    ],
)
def test_what_is_no_json_is_refused_with_its_place_and_code_2(raw, what, capsys, tmp_path):
    (tmp_path / "bad.json").write_bytes(raw)
    assert run(tmp_path / "bad.json") == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"bad.json: {what}" in captured.err
    assert "Traceback" not in captured.err


def test_a_file_that_cannot_be_read_is_refused_with_the_reason_and_code_2(capsys, tmp_path):
    assert run(tmp_path / "missing.json") == 2
    said = capsys.readouterr().err
    assert "missing.json: No such file or directory" in said
    assert "hint: name a JSON file that is there" in said
