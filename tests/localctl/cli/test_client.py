"""What the commands hear from whoever answers, and what they say about it."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from localctl.cli import FAILED, UNAVAILABLE, USAGE
from localctl.cli.client import Misused, NobodyAnswers, Refused, ask, connected, path, read_token, said, text
from localctl.web.local_socket import LocalSocket
from tests.localctl.cli.test_status import impostor
from tests.localctl.web.served import TOKEN, Served


def test_words_in_a_path_stay_words():
    assert path("limits", "a/b c?#", source="E&S", nothing=None) == "/api/v1/limits/a%2Fb%20c%3F%23?source=E%26S"
    assert path("limits", "panel:main") == "/api/v1/limits/panel:main"


@pytest.mark.parametrize("url", ["127.0.0.1:9180", "file:///etc/passwd", "ftp://host", "http://", "http://[::1"])
def test_only_web_addresses_are_asked(url: str):
    with pytest.raises(Misused, match="write it like http://"):
        ask(url, "/api/v1/site")


def test_nobody_on_the_port_is_told_with_the_way_out():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NobodyAnswers, match="localctl run CONFIG"):
        ask(f"http://127.0.0.1:{port}", "/api/v1/site")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
    ],
)
def test_something_else_on_the_port_is_not_taken_for_localctl(answer: bytes):
    with impostor(answer) as url, pytest.raises(NobodyAnswers):
        ask(url, "/api/v1/site")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b'HTTP/1.1 409 X\r\nContent-Length: 22\r\n\r\n{"error": "say which"}', "say which"),
        (b"HTTP/1.1 404 X\r\nContent-Length: 9\r\n\r\nNot Found", "no \\[\\[panel\\]\\]"),
        (b"HTTP/1.1 502 X\r\nContent-Length: 0\r\n\r\n", "answers 502"),
    ],
)
def test_a_refusal_is_told_in_localctls_own_words(answer: bytes, words: str):
    with impostor(answer) as url, pytest.raises(Refused, match=words):
        ask(url, "/api/v1/site")


def test_every_fault_has_its_exit_code(capsys: pytest.CaptureFixture[str]):
    assert [said(Misused("a")), said(NobodyAnswers("b")), said(Refused("c"))] == [USAGE, UNAVAILABLE, FAILED]
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "a\nb\nc\n")


def test_the_token_is_the_first_line_of_its_file_and_goes_before_the_environment(tmp_path: Path):
    file = tmp_path / "token"
    file.write_text("from the file\nsecond line\n")
    assert read_token(file, "from the environment") == "from the file"
    assert read_token(None, "from the environment") == "from the environment"
    assert read_token(None, "") is None


@pytest.mark.parametrize("content", [b"", b"\n", b"  \nx", b"\xff\xfe"])
def test_a_token_file_without_a_token_is_wrong_usage(tmp_path: Path, content: bytes):
    file = tmp_path / "token"
    file.write_bytes(content)
    with pytest.raises(Misused, match=str(file)):
        read_token(file, None)


def test_a_token_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(Misused, match="No such file"):
        read_token(tmp_path / "nope", None)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    one = Served(local=LocalSocket(path=tmp_path / "box.sock"))
    yield one
    one.stop()


def test_over_the_socket_no_token_is_needed_and_over_tcp_it_is(served: Served, tmp_path: Path):
    change = {"source": "EMS", "limit_a": 18, "expires_in_s": 60}
    told = ask(f"unix:{tmp_path}/box.sock", path("limits", "main"), method="PUT", body=change)
    assert told["limits"]["L1"]["limit_a"] == 18
    with pytest.raises(Refused, match="Bearer") as refused:
        ask(served.url, path("limits", "main"), method="PUT", body=change)
    assert refused.value.status == 401
    assert ask(served.url, path("limits", "main"), method="PUT", body=change, token=TOKEN)


def test_pages_come_as_text(served: Served, tmp_path: Path):
    assert "localctl_build_info" in text(f"unix:{tmp_path}/box.sock", "/metrics")
    with pytest.raises(Refused, match=r"no \[\[panel"):
        text(served.url, "/nothing-here")


def test_without_a_place_every_usual_socket_is_tried_and_named(tmp_path: Path):
    (tmp_path / "a file").touch()
    candidates = [tmp_path / "none.sock", tmp_path / "a file", tmp_path / ("long" * 40)]
    with pytest.raises(NobodyAnswers) as nobody:
        connected(candidates)
    assert all(str(one) in str(nobody.value) for one in candidates)
    assert "systemctl start localctl" in str(nobody.value)
    assert "--socket PATH" in str(nobody.value)


def test_the_first_socket_that_answers_is_taken(served: Served, tmp_path: Path):
    with connected([tmp_path / "none.sock", tmp_path / "box.sock"]) as one:
        assert one.getpeername() == str(tmp_path / "box.sock")


def test_a_socket_that_the_user_may_not_open_is_told_with_the_way_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    def closed(_socket: socket.socket, _address: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "connect", closed)
    with pytest.raises(Refused, match="socket_users") as refused:
        connected([tmp_path / "box.sock"])
    assert refused.value.status == 403


def test_a_localctl_that_does_not_answer_in_time_is_told_apart_from_none(tmp_path: Path):
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "s"))
        silent.listen()
        with pytest.raises(NobodyAnswers, match=r"longer than 0\.05 s"):
            ask(f"unix:{tmp_path}/s", path("state"), timeout_s=0.05)
