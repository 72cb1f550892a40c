"""The HTTP half by itself: nothing escapes but the two exceptions it promises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto import ConnectionType
from wsproto.events import AcceptConnection, Request, TextMessage
from wsproto.utilities import RemoteProtocolError

from localctl.net.upgrade import BadAnswer, LeanConnection
from tests.localctl.net.kit import frame, upgrade


def server():
    return LeanConnection(ConnectionType.SERVER)


def client():
    connection = LeanConnection(ConnectionType.CLIENT)
    connection.send(Request(host="csms", target="/CP1"))
    return connection


def outcome(connection, data, kind):
    """The exception of this kind that the bytes raise, if any; another kind fails the test."""
    try:
        connection.receive_data(data)
    except kind as error:
        return error
    return None


@given(
    st.binary(max_size=200)
    | st.builds(lambda at, junk: upgrade()[:at] + junk + upgrade()[at:], st.integers(0, 200), st.binary(max_size=8))
)
def test_whatever_a_stranger_sends_is_a_request_or_a_remote_protocol_error(data):
    connection = server()
    error = outcome(connection, data + b"\r\n\r\n", RemoteProtocolError)
    if error is not None:
        assert error.event_hint is not None
        assert connection.refusal(400, (), b"no").startswith(b"HTTP/1.1 400")
    else:
        assert all(isinstance(event, Request) for event in connection.events())


@given(
    st.binary(max_size=100),
    st.sampled_from(
        [
            b"",
            b"HTTP/1.1 ",
            b"HTTP/1.1 101 Switching Protocols\r\n",
            b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
        ]
    ),
)
def test_whatever_a_csms_answers_is_an_answer_or_a_bad_one(data, head):
    connection = client()
    error = outcome(connection, head + data + b"\r\n\r\n", BadAnswer)
    assert error is None or str(error)


def test_bytes_behind_the_request_belong_to_the_socket():
    connection = server()
    connection.receive_data(upgrade() + frame("first"))
    (request,) = connection.events()
    connection.send(AcceptConnection(subprotocol=request.subprotocols[0]))
    assert [event.data for event in connection.events() if isinstance(event, TextMessage)] == ["first"]


def test_the_http_parser_is_freed_once_it_has_done_its_work():
    connection = server()
    connection.receive_data(upgrade())
    list(connection.events())
    parser = connection.handshake
    connection.send(AcceptConnection())
    assert connection.handshake is not parser
    assert list(connection.events()) == []


def test_a_second_refusal_says_nothing():
    connection = server()
    connection.receive_data(upgrade())
    assert connection.refusal(404, ((b"X", b"y"),), b"gone").endswith(b"gone")
    assert connection.refusal(404, (), b"") == b""


@pytest.mark.parametrize("connection", [None, b"keep-alive", b"close, TE", b"UPGRADE", b"keep-alive, Upgrade"])
def test_quirk_1_any_connection_header_will_do_where_the_upgrade_header_is_right(connection):
    asked = server()
    asked.receive_data(upgrade(connection=connection))
    (request,) = asked.events()
    assert request.target == "/ocpp/CP1"


@pytest.mark.parametrize("connection", [b"keep-alive\r\nConnection: Upgrade", b"Upgrade\r\nconnection: keep-alive"])
def test_two_connection_lines_are_one_list(connection):
    peer = server()
    peer.receive_data(upgrade(connection=connection))
    assert [type(event) for event in peer.events()] == [Request]


@pytest.mark.parametrize(
    ("status", "line"), [(404, b"HTTP/1.1 404 Not Found"), (401, b"HTTP/1.1 401 Unauthorized"), (599, b"HTTP/1.1 599 ")]
)
def test_a_refusal_has_the_words_that_simple_parsers_look_for(status, line):
    peer = server()
    peer.receive_data(upgrade())
    list(peer.events())
    head, _, rest = peer.refusal(status, (), b"no").partition(b"\r\n")
    assert head == line
    assert rest.endswith(b"\r\n\r\nno")
