"""`localctl password hash`: the password comes in unseen, the hash goes out alone."""

import io

import pytest

from localctl.cli import OK, USAGE, password
from localctl.net.credentials import check_password


def test_a_piped_password_gives_its_hash_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("sys.stdin", io.StringIO("sixteen-letters-!\nrest\n"))
    assert password.run() == OK
    shown = capsys.readouterr()
    assert (shown.out.count("\n"), shown.err) == (1, "")
    assert "sixteen" not in shown.out
    assert check_password(b"sixteen-letters-!", shown.out.strip())
    assert not check_password(b"another", shown.out.strip())


def test_a_typed_password_is_asked_for_without_echo(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal(""))
    monkeypatch.setattr(password, "getpass", lambda prompt: "typed-password")
    assert password.run() == OK
    assert check_password(b"typed-password", capsys.readouterr().out.strip())


def test_no_password_is_wrong_usage(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert password.run() == USAGE
    assert capsys.readouterr().out == ""
