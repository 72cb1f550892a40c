"""The operators' commands as they are typed: each word arrives where it belongs."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from localctl.cli import doctor, outbox, reload, starter
from localctl.cli.main import app


@pytest.mark.parametrize(
    ("typed", "module", "function", "words", "facts"),
    [
        ("reload --socket /s --json", reload, "run", (), {"url": "unix:/s", "token_file": None, "as_json": True}),
        (
            "doctor c.toml --bundle b.tgz --as CP1 --url http://x",
            doctor,
            "run",
            (Path("c.toml"),),
            {"bundle": Path("b.tgz"), "station": "CP1", "url": "http://x", "socket": None, "as_json": False},
        ),
        ("outbox list --json", outbox, "rows", (), {"url": "", "as_json": True}),
        ("outbox show 3", outbox, "show", (3,), {"url": "", "token_file": None}),
        ("outbox export f --token-file t", outbox, "export", (Path("f"),), {"url": "", "token_file": Path("t")}),
        ("outbox retry 3", outbox, "change", ("retry", 3), {"url": "", "token_file": None}),
        ("outbox drop 3 --url http://x", outbox, "change", ("drop", 3), {"url": "http://x", "token_file": None}),
        ("config init - --stations 3 --csms wss://x", starter, "run", (Path("-"),), {"stations": 3, "csms": "wss://x"}),
    ],
)
def test_each_word_arrives_and_the_exit_code_comes_back(monkeypatch, typed, module, function, words, facts):
    called = []

    def command(*given: object, **named: object) -> int:
        called.append((given, named))
        return 42

    monkeypatch.setattr(module, function, command)
    monkeypatch.delenv("LOCALCTL_URL", raising=False)
    monkeypatch.delenv("LOCALCTL_SOCKET", raising=False)
    assert CliRunner().invoke(app, typed.split()).exit_code == 42
    assert called == [(words, facts)]


@pytest.mark.parametrize("typed", ["outbox show 0", "outbox retry x", "config init --stations 0", "outbox nothing"])
def test_what_makes_no_sense_is_wrong_usage(typed: str):
    assert CliRunner().invoke(app, typed.split()).exit_code == 2
