"""permessage-deflate (RFC 7692), required of a Local Controller (Part 4, 3.4). Strict, bounded, small.

wsproto brings the mechanics; this subclass adds what it leaves out: parameters it does not know are declined instead of
ignored (RFC 7692 section 7), windows are 12 bits with a small memory level (a site has hundreds of these), a message
may not inflate beyond its limit, and a ping between two fragments does not end the compressed message.
"""

import re
import zlib
from typing import Final, NamedTuple

from wsproto.extensions import PerMessageDeflate
from wsproto.frame_protocol import CloseReason, FrameDecoder, FrameProtocol, Opcode, RsvBits

from localctl.net.stats import LegStats

WINDOW_BITS: Final = 12
MEMORY_LEVEL: Final = 5
_FULL_WINDOW: Final = 15
_PARAMETER = re.compile(r'([a-z_]+)(?:\s*=\s*"?([0-9]{1,2})"?)?\Z')
_WINDOWS: Final = ("client_max_window_bits", "server_max_window_bits")
_NO_CONTEXT: Final = ("client_no_context_takeover", "server_no_context_takeover")


class Parameters(NamedTuple):
    """One offer or answer, read. Windows: None absent, 0 without a value."""

    client_window: int | None
    server_window: int | None
    client_no_context: bool
    server_no_context: bool


def read_parameters(text: str, *, smallest_window: int = 9) -> Parameters | None:
    """Read `permessage-deflate; …`; None for unknown, doubled or malformed parameters and for smaller windows.

    zlib cannot compress with an 8-bit window, so an offer that asks for it has to be declined.
    """
    found: dict[str, int] = {}
    for part in text.split(";")[1:]:
        match = _PARAMETER.match(part.strip())
        if match is None or match[1] in found:
            return None
        name, value = match[1], match[2]
        if name in _NO_CONTEXT:
            if value is not None:
                return None
        elif name not in _WINDOWS or not _window_is_fine(name, value, smallest_window):
            return None
        found[name] = int(value or 0)
    return Parameters(found.get(_WINDOWS[0]), found.get(_WINDOWS[1]), _NO_CONTEXT[0] in found, _NO_CONTEXT[1] in found)


def _window_is_fine(name: str, value: str | None, smallest: int) -> bool:
    if value is None:
        return name == "client_max_window_bits"  # "you may tell me which"
    return smallest <= int(value) <= _FULL_WINDOW


class Deflate(PerMessageDeflate):
    """One leg's compression. `max_inflated` bounds a message after decompression."""

    def __init__(self, *, max_inflated: int, stats: LegStats) -> None:
        super().__init__()
        self._max_inflated = max_inflated
        self._inflated = 0
        self._in_control = False
        self._sends_plain = False
        self._stats = stats

    def offer(self) -> str:
        """Ask for a small window of the CSMS; in a second offer take what it has, as some cannot choose."""
        return f"client_max_window_bits; server_max_window_bits={WINDOW_BITS}, {self.name}; client_max_window_bits"

    def finalize(self, offer: str) -> None:
        """Take the CSMS's answer. Raises ValueError when it is not one to what was offered.

        Told to use an 8-bit window, we send uncompressed, which is always allowed; reading that small is easy.
        """
        answer = read_parameters(offer, smallest_window=8)
        if answer is None or self._enabled or answer.client_window == 0:
            raise ValueError("the answer to our compression offer is malformed")
        self._agree(answer, client=answer.client_window, server=answer.server_window)
        self._sends_plain = answer.client_window == 8
        self._client_max_window_bits = min(WINDOW_BITS, self._client_max_window_bits)

    def accept(self, offer: str) -> str | None:
        """Answer a station's offer; None declines it. The first good offer wins."""
        asked = None if self._enabled else read_parameters(offer)
        if asked is None:
            return None
        client = None if asked.client_window is None else min(WINDOW_BITS, asked.client_window or _FULL_WINDOW)
        server = None if asked.server_window is None else min(WINDOW_BITS, asked.server_window)
        self._agree(asked, client=client, server=server)
        self._server_max_window_bits = server or WINDOW_BITS  # smaller than announced is always right
        words = {
            _NO_CONTEXT[0]: asked.client_no_context,
            _NO_CONTEXT[1]: asked.server_no_context,
            f"{_WINDOWS[0]}={client}": client is not None,
            f"{_WINDOWS[1]}={server}": server is not None,
        }
        return "; ".join(word for word, said in words.items() if said)

    def _agree(self, found: Parameters, *, client: int | None, server: int | None) -> None:
        self._client_max_window_bits = client or _FULL_WINDOW
        self._server_max_window_bits = max(9, server or _FULL_WINDOW)
        self.client_no_context_takeover = found.client_no_context
        self.server_no_context_takeover = found.server_no_context
        self._enabled = True
        self._stats.compressed_legs += 1

    def frame_inbound_header(
        self, proto: FrameDecoder | FrameProtocol, opcode: Opcode, rsv: RsvBits, payload_length: int
    ) -> CloseReason | RsvBits:
        """Control frames are never compressed and may stand between two fragments."""
        self._in_control = opcode.iscontrol()
        if self._in_control:
            return CloseReason.PROTOCOL_ERROR if rsv.rsv1 else RsvBits(True, False, False)
        if opcode is not Opcode.CONTINUATION:
            self._inflated = 0
        return super().frame_inbound_header(proto, opcode, rsv, payload_length)

    def frame_inbound_payload_data(self, proto: FrameDecoder | FrameProtocol, data: bytes) -> bytes | CloseReason:
        """Inflate, but never more than the message may be long: a bomb stops here (1009)."""
        if self._in_control or not self._inbound_compressed:
            return data
        assert self._decompressor is not None
        room = self._max_inflated - self._inflated + 1
        try:
            text = self._decompressor.decompress(data, room)
        except zlib.error:
            return CloseReason.INVALID_FRAME_PAYLOAD_DATA
        self._inflated += len(text)
        self._stats.inflate_before += len(data)
        self._stats.inflate_after += len(text)
        if self._inflated > self._max_inflated or self._decompressor.unconsumed_tail:
            return CloseReason.MESSAGE_TOO_BIG
        return text

    def frame_inbound_complete(self, proto: FrameDecoder | FrameProtocol, fin: bool) -> bytes | CloseReason | None:
        """End of a frame; a compressor that ended its stream (BFINAL) starts a new one with the next message."""
        if self._in_control:
            return None
        data = super().frame_inbound_complete(proto, fin)
        if fin and self._decompressor is not None and self._decompressor.eof:
            self._decompressor = None
        return data

    def frame_outbound(
        self, proto: FrameDecoder | FrameProtocol, opcode: Opcode, rsv: RsvBits, data: bytes, fin: bool
    ) -> tuple[RsvBits, bytes]:
        """Compress. The compressor is made with the first message: a silent leg costs nothing."""
        if opcode.iscontrol() or self._sends_plain:
            return rsv, data
        if self._compressor is None:
            bits = self._client_max_window_bits if proto.client else self._server_max_window_bits
            self._compressor = zlib.compressobj(zlib.Z_DEFAULT_COMPRESSION, zlib.DEFLATED, -bits, MEMORY_LEVEL)
        rsv, packed = super().frame_outbound(proto, opcode, rsv, data, fin)
        self._stats.deflate_before += len(data)
        self._stats.deflate_after += len(packed)
        return rsv, packed
