"""RFC 7692 on one leg: what is agreed, what is declined, and that nothing inflates without bound."""

import zlib

import pytest
from wsproto.frame_protocol import CloseReason, FrameDecoder, FrameProtocol, ParseFailed

from localctl.net.deflate import WINDOW_BITS, Deflate, read_parameters
from localctl.net.stats import LegStats
from tests.localctl.net.kit import BINARY, MORE, PING, TEXT, frame


def deflate(max_inflated=1000):
    return Deflate(max_inflated=max_inflated, stats=LegStats())


def pack(text, bits=-15):
    compressor = zlib.compressobj(wbits=bits)
    return (compressor.compress(text.encode()) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


def server(offer="permessage-deflate; client_max_window_bits", **options):
    extension = deflate(**options)
    assert extension.accept(offer) is not None
    return extension, FrameProtocol(client=False, extensions=[extension])


def texts(protocol, *frames):
    """What the frames say, joined per message."""
    protocol.receive_bytes(b"".join(frames))
    return [event.payload for event in protocol.received_frames()]


@pytest.mark.parametrize(
    ("offer", "answer"),
    [
        ("permessage-deflate", ""),
        ("permessage-deflate; client_max_window_bits", "client_max_window_bits=12"),
        ("permessage-deflate; client_max_window_bits=10", "client_max_window_bits=10"),
        ("permessage-deflate; client_max_window_bits=15", "client_max_window_bits=12"),
        ('permessage-deflate; client_max_window_bits="11"', "client_max_window_bits=11"),
        ("permessage-deflate; server_max_window_bits=9", "server_max_window_bits=9"),
        ("permessage-deflate; server_max_window_bits=15", "server_max_window_bits=12"),
        ("permessage-deflate; server_no_context_takeover", "server_no_context_takeover"),
        (
            "permessage-deflate;client_no_context_takeover ; server_no_context_takeover",
            "client_no_context_takeover; server_no_context_takeover",
        ),
    ],
)
def test_a_good_offer_is_answered_within_what_it_allows(offer, answer):
    assert deflate().accept(offer) == answer


@pytest.mark.parametrize(
    "parameters",
    [
        "server_max_window_bits=abc",
        "server_max_window_bits",
        "server_max_window_bits=8",
        "client_max_window_bits=8",
        "client_max_window_bits=16",
        "server_max_window_bits=012",
        "client_max_window_bits=-9",
        "client_max_window_bits=",
        "turbo",
        "turbo=1",
        "server_no_context_takeover=1",
        "client_max_window_bits; client_max_window_bits=9",
        "",
        "SERVER_NO_CONTEXT_TAKEOVER",
        "client_max_window_bits=1 2",
    ],
)
def test_unknown_doubled_malformed_and_8_bit_parameters_are_declined(parameters):
    assert deflate().accept(f"permessage-deflate; {parameters}") is None


def test_only_the_first_good_offer_counts():
    extension = deflate()
    assert extension.accept("permessage-deflate; turbo") is None
    assert extension.accept("permessage-deflate; server_no_context_takeover") == "server_no_context_takeover"
    assert extension.accept("permessage-deflate") is None
    assert extension.server_no_context_takeover


def test_upward_a_small_window_is_asked_for_and_any_window_taken():
    first, second = deflate().offer().split(", ")
    assert "server_max_window_bits=12" in first
    assert second == "permessage-deflate; client_max_window_bits"


@pytest.mark.parametrize(
    ("answer", "windows"),
    [
        ("permessage-deflate", (WINDOW_BITS, 15)),
        ("permessage-deflate; server_max_window_bits=10; client_max_window_bits=9", (9, 10)),
    ],
)
def test_the_answer_of_a_csms_sets_both_windows(answer, windows):
    extension = deflate()
    extension.finalize(answer)
    assert (extension.client_max_window_bits, extension.server_max_window_bits) == windows
    assert extension.enabled()


@pytest.mark.parametrize(
    "answer",
    [
        "permessage-deflate; turbo",
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate; client_max_window_bits=7",
    ],
)
def test_an_answer_that_was_not_offered_fails_the_handshake(answer):
    with pytest.raises(ValueError, match="malformed"):
        deflate().finalize(answer)


def test_a_csms_that_wants_8_bit_windows_gets_uncompressed_messages_and_may_compress_its_own():
    extension = deflate()
    extension.finalize("permessage-deflate; server_max_window_bits=8; client_max_window_bits=8")
    protocol = FrameProtocol(client=True, extensions=[extension])
    said = protocol.send_data("plain", fin=True)
    assert said[0] == 0x81
    assert texts(protocol, frame(pack("hello", bits=-9), rsv1=True, mask=False)) == ["hello"]


def test_unknown_parameters_are_not_read():
    assert read_parameters("permessage-deflate; x") is None


def test_messages_travel_there_and_back_with_shared_context():
    ours, protocol = server()
    them = deflate()
    them.finalize("permessage-deflate; client_max_window_bits=12")
    peer = FrameProtocol(client=True, extensions=[them])
    sizes = []
    for number in range(3):
        text = f'[2,"{number}","StatusNotification",{{"connectorStatus":"Available"}}]'
        data = peer.send_data(text)
        sizes.append(len(data))
        assert texts(protocol, bytes(data)) == [text]
        assert texts(peer, bytes(protocol.send_data(text))) == [text]
    assert sizes[1] < sizes[0] / 2
    assert ours._stats.inflate_after > ours._stats.inflate_before > 0
    assert ours._stats.deflate_before > ours._stats.deflate_after > 0


def test_without_context_takeover_each_message_stands_alone():
    _, protocol = server("permessage-deflate; client_no_context_takeover; server_no_context_takeover")
    assert protocol.send_data("same") == protocol.send_data("same")
    assert texts(protocol, frame(pack("one"), rsv1=True)) == ["one"]
    assert texts(protocol, frame(pack("two"), rsv1=True)) == ["two"]


def test_an_uncompressed_message_on_a_compressing_leg_is_fine():
    _, protocol = server()
    assert texts(protocol, frame("plain"), frame(pack("packed"), rsv1=True)) == ["plain", "packed"]


def test_a_ping_between_two_fragments_does_not_end_the_compressed_message():
    _, protocol = server()
    packed = pack("a message in two parts")
    found = texts(protocol, frame(packed[:8], rsv1=True, fin=False), frame(b"hi", PING), frame(packed[8:], MORE))
    assert found.count(b"hi") == 1
    assert "".join(text for text in found if text != b"hi") == "a message in two parts"


def test_a_compressor_that_ends_its_stream_starts_again_with_the_next_message():
    _, protocol = server()
    final = zlib.compressobj(wbits=-15)
    closed = final.compress(b"first") + final.flush(zlib.Z_FINISH)
    assert "".join(texts(protocol, frame(closed, rsv1=True))) == "first"
    assert "".join(texts(protocol, frame(pack("second"), rsv1=True))) == "second"


@pytest.mark.parametrize("fragments", [1, 50])
def test_a_bomb_is_refused_with_1009_before_it_has_grown(fragments):
    extension, protocol = server(max_inflated=10_000)
    bomb = pack("a" * 50_000_000)
    step = len(bomb) // fragments + 1
    parts = [bomb[at : at + step] for at in range(0, len(bomb), step)]
    frames = [frame(part, MORE if at else TEXT, rsv1=not at, fin=at == len(parts) - 1) for at, part in enumerate(parts)]
    with pytest.raises(ParseFailed) as caught:
        texts(protocol, *frames)
    assert caught.value.code == CloseReason.MESSAGE_TOO_BIG
    assert extension._stats.inflate_after <= 10_001


def test_a_message_of_exactly_the_limit_passes_and_the_next_may_be_as_long():
    _, protocol = server(max_inflated=500)
    for _ in range(2):
        assert "".join(texts(protocol, frame(pack("x" * 500), rsv1=True))) == "x" * 500


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (frame(b"\xff\xff\xff\xff", rsv1=True), CloseReason.INVALID_FRAME_PAYLOAD_DATA),
        (frame(b"hi", PING, rsv1=True), CloseReason.PROTOCOL_ERROR),
        (frame(pack("a")[:2], rsv1=True, fin=False) + frame(b"x", MORE, rsv1=True), CloseReason.PROTOCOL_ERROR),
    ],
)
def test_broken_compression_fails_the_leg(bad, code):
    _, protocol = server()
    with pytest.raises(ParseFailed) as caught:
        texts(protocol, bad)
    assert caught.value.code == code


def test_a_silent_leg_has_no_compressor():
    extension, _ = server()
    assert extension._compressor is None
    assert extension._decompressor is None


def test_binary_is_compressed_like_text():
    extension, protocol = server()
    assert protocol.send_data(b"binary")[0] & 0x4F == 0x40 | BINARY
    assert isinstance(FrameDecoder(False, [extension]), FrameDecoder)
