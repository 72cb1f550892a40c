"""Sealed texts open with their token only, and show nothing (P7)."""

from base64 import b64decode

from hypothesis import given
from hypothesis import strategies as st

from routing.carrying.sealing import Sealer

KEY = b"k" * 32
TEXT = '{"status":"Accepted","groupIdToken":{"idToken":"FLEET-7","type":"Central"}}'


@given(st.text(alphabet=st.characters()), st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_what_is_sealed_opens_with_its_token(token, text):
    sealer = Sealer(KEY)
    assert sealer.opened(token, sealer.seal(token, text)) == text


def test_another_token_or_key_opens_nothing():
    sealed = Sealer(KEY).seal("token", TEXT)
    assert Sealer(KEY).opened("Token", sealed) is None
    assert Sealer(b"l" * 32).opened("token", sealed) is None


@given(st.binary() | st.text())
def test_p6_a_damaged_store_opens_nothing(damage):
    sealed = damage.decode("latin-1") if isinstance(damage, bytes) else damage
    assert Sealer(KEY).opened("token", sealed) is None


def test_every_changed_byte_is_noticed():
    sealed = Sealer(KEY).seal("token", TEXT)
    for at in range(0, len(sealed), 5):
        other = "A" if sealed[at] != "A" else "B"
        assert Sealer(KEY).opened("token", sealed[:at] + other + sealed[at + 1 :]) is None


def key_stream(text):
    """What lies over the text, after the 16 bytes of the head."""
    raw = b64decode(Sealer(KEY).seal("token", text))[16:]
    return bytes(one ^ other for one, other in zip(raw, text.encode(), strict=True))


def test_p7_texts_of_one_token_share_no_key_stream():
    """Two texts laid over the same key stream would show their difference."""
    one, other = key_stream("A" * 400), key_stream("A" * 399 + "B")
    assert sum(here == there for here, there in zip(one, other, strict=True)) < 40


def test_p7_the_key_stream_never_repeats_within_a_text():
    stream = key_stream("A" * 400)
    assert len({stream[at : at + 64] for at in range(0, 384, 64)}) == 6


def test_p7_hashes_depend_on_the_key_and_reprs_show_nothing():
    assert Sealer(KEY).hashed("04A1") == Sealer(KEY).hashed("04A1") != Sealer(b"l" * 32).hashed("04A1")
    assert len(Sealer(KEY).hashed("04A1")) == 32
    assert "kkk" not in repr(Sealer(KEY))


def test_long_keys_are_cut_to_what_the_hash_takes():
    assert Sealer(b"k" * 100).hashed("a") == Sealer(b"k" * 64).hashed("a")
