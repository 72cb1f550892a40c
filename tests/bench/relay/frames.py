"""WebSocket frames and handshakes at byte level, for a load generator that must cost less than what it measures.

Shares nothing with localctl or any WebSocket library: a bench that runs on the code it measures proves nothing.
"""

import base64
import hashlib

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
MASK = b"\x11\x22\x33\x44"


def upgrade_request(identity: str, subprotocol: str = "ocpp2.0.1") -> bytes:
    """The bytes a station opens with (security profile 1 or 2: user name and password)."""
    credentials = base64.b64encode(f"{identity}:a password of the bench".encode()).decode()
    return (
        f"GET /ocpp/{identity} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: {subprotocol}\r\nAuthorization: Basic {credentials}\r\n\r\n"
    ).encode()


def upgrade_answer(request: bytes) -> bytes:
    """The bytes a CSMS answers with; the first offered subprotocol is taken, compression never."""
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(b":") for line in request.split(b"\r\n")[1:])
    }
    accept = base64.b64encode(hashlib.sha1(headers[b"sec-websocket-key"] + GUID).digest())
    protocol = headers[b"sec-websocket-protocol"].split(b",")[0].strip()
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        + accept
        + b"\r\nSec-WebSocket-Protocol: "
        + protocol
        + b"\r\n\r\n"
    )


def masked(data: bytes) -> bytes:
    """XOR with the fixed mask; it is its own inverse."""
    n = len(data)
    pattern = (MASK * (n // 4 + 1))[:n]
    return (int.from_bytes(data, "big") ^ int.from_bytes(pattern, "big")).to_bytes(n, "big")


def unmasked(data: bytes, mask: bytes) -> bytes:
    """XOR with the mask the peer chose."""
    n = len(data)
    pattern = (mask * (n // 4 + 1))[:n]
    return (int.from_bytes(data, "big") ^ int.from_bytes(pattern, "big")).to_bytes(n, "big")


def text_frame(data: bytes, *, from_client: bool, opcode: int = 1) -> bytes:
    """One final frame around `data` (up to 64 KiB)."""
    n = len(data)
    head = bytes([0x80 | opcode])
    bit = 0x80 if from_client else 0
    head += bytes([bit | n]) if n < 126 else bytes([bit | 126]) + n.to_bytes(2, "big")
    return head + MASK + masked(data) if from_client else head + data


def take_frame(buffer: bytearray) -> tuple[int, bytes] | None:
    """The first whole frame of the buffer as (opcode, payload), cut off it; None while it is not whole."""
    if len(buffer) < 2:
        return None
    length, at = buffer[1] & 0x7F, 2
    if length == 126:
        length, at = int.from_bytes(buffer[2:4], "big"), 4
    elif length == 127:
        length, at = int.from_bytes(buffer[2:10], "big"), 10
    has_mask = buffer[1] & 0x80
    end = at + (4 if has_mask else 0) + length
    if len(buffer) < end:
        return None
    opcode = buffer[0] & 0x0F
    body = bytes(buffer[at:end])
    payload = unmasked(body[4:], body[:4]) if has_mask else body
    del buffer[:end]
    return opcode, payload
