"""Tokens are never stored, nor what was said of them in readable form (P7): keyed hashes and sealed texts.

A token is found again by its keyed hash. What the CSMS said of it (`groupId` is a token, too) is sealed with a key
stream made of the box's key *and the token itself*: it opens only when that token is presented again. So a leaked
database shows neither; with the box's key, too, short RFID numbers could be tried one by one, hence the key is kept
apart. The seal's head is a keyed hash of the text: it varies the key stream from text to text, and shows on opening
whether key, token and text belong together.
"""

from base64 import b64decode, b64encode
from hashlib import blake2b

_HEAD = 16
_BLOCK = 64


class Sealer:
    """Hashes and seals under one key of the box. Its repr shows nothing."""

    def __init__(self, key: bytes) -> None:
        self._key = key[:64]

    def hashed(self, token: str) -> str:
        """32 hexadecimal digits that stand for a token."""
        return self._hash(b"token", token.encode("utf-8", "surrogatepass"), 16).hex()

    def seal(self, token: str, text: str) -> str:
        """The text so that only this token opens it."""
        plain, secret = text.encode("utf-8"), token.encode("utf-8", "surrogatepass")
        head = self._head(secret, plain)
        return b64encode(head + self._mixed(secret, head, plain)).decode()

    def opened(self, token: str, sealed: str) -> str | None:
        """The text again; None when it was sealed with another token or key, or was damaged."""
        secret = token.encode("utf-8", "surrogatepass")
        try:
            raw = b64decode(sealed, validate=True)
        except ValueError:
            return None
        head = raw[:_HEAD]
        plain = self._mixed(secret, head, raw[_HEAD:])
        return plain.decode("utf-8") if len(head) == _HEAD and head == self._head(secret, plain) else None

    def _head(self, secret: bytes, plain: bytes) -> bytes:
        return self._hash(b"head", len(secret).to_bytes(4, "big") + secret + plain, _HEAD)

    def _mixed(self, secret: bytes, head: bytes, text: bytes) -> bytes:
        """The text with the key stream laid over it; the same again takes it off."""
        numbers = range(-(-len(text) // _BLOCK))
        stream = b"".join(self._hash(b"stream", head + n.to_bytes(4, "big") + secret, _BLOCK) for n in numbers)
        return bytes(one ^ other for one, other in zip(text, stream, strict=False))

    def _hash(self, purpose: bytes, data: bytes, size: int) -> bytes:
        return blake2b(data, key=self._key, person=purpose, digest_size=size).digest()
