"""Who may come in, as a table; and passwords in every form stations send them."""

import base64
import threading

import pytest
import trio

from localctl.net.credentials import (
    Basic,
    Denied,
    Gatekeeper,
    check_password,
    hash_password,
    read_basic,
    write_basic,
)
from localctl.net.settings import StationEdge
from tests.localctl.net.kit import listener

SECRET = b"correct horse battery"
KEY = bytes(range(200, 220))


def basic(user, password=SECRET):
    return b"Basic " + base64.b64encode(user + b":" + password)


async def cause(profile, authorization=None, *, edge=None, certificate=None, keeper=None, **changes):
    """Why CP1 may not come in, None if it may."""
    denied = await (keeper or Gatekeeper()).check(
        listener(security_profile=profile, **changes), edge or StationEdge(), "CP1", authorization, certificate
    )
    return denied and denied.cause


LOCAL = StationEdge(verify="local", password_hash=hash_password(SECRET))
CN = {"subject": ((("commonName", "CP1"),),)}


@pytest.mark.parametrize(
    ("profile", "authorization", "edge", "certificate", "expected"),
    [
        (1, basic(b"CP1"), StationEdge(), None, None),
        (1, basic(b"cp1"), StationEdge(), None, None),
        (2, basic(b"CP1"), StationEdge(), None, None),
        (1, None, StationEdge(), None, "no_credentials"),
        (1, b"Bearer abc", StationEdge(), None, "no_credentials"),
        (1, b"Basic !!!", StationEdge(), None, "no_credentials"),
        (1, b"Basic " + base64.b64encode(b"CP1"), StationEdge(), None, "no_credentials"),
        (1, basic(b"CP2"), StationEdge(), None, "user_mismatch"),
        (1, basic(b""), StationEdge(), None, "user_mismatch"),
        (1, basic(b"\xff\xfe"), StationEdge(), None, "user_mismatch"),
        (1, basic(b"CP1"), LOCAL, None, None),
        (2, basic(b"CP1", b"wrong"), LOCAL, None, "wrong_password"),
        (2, basic(b"CP1", b""), LOCAL, None, "wrong_password"),
        (2, basic(b"CP1"), StationEdge(verify="local"), None, "no_password_known"),
        (3, None, StationEdge(), CN, None),
        (3, None, StationEdge(), None, "no_client_certificate"),
        (3, basic(b"CP1"), StationEdge(), {"subject": ()}, "certificate_mismatch"),
    ],
)
async def test_1_2_3_who_may_come_in(profile, authorization, edge, certificate, expected):
    assert await cause(profile, authorization, edge=edge, certificate=certificate) == expected


async def test_profile_0_needs_the_installers_explicit_word():
    assert await cause(0, allow_insecure=True) is None
    assert await cause(0, allow_insecure=False) == "insecure"


def test_only_a_401_says_how_to_do_better():
    assert Denied(401, "x", "y").headers[0][0] == b"WWW-Authenticate"
    assert Denied(403, "x", "y").headers == ()


@pytest.mark.parametrize("password", [KEY, b"a:b:c", b"", "pässword".encode(), b"\0\xff"])
def test_quirk_5_the_password_is_bytes_and_starts_at_the_first_colon(password):
    assert read_basic(basic(b"CP1", password)) == (b"CP1", password)


def test_our_own_header_reads_back():
    assert read_basic(write_basic("CP1", KEY)) == (b"CP1", KEY)


def test_credentials_do_not_show():
    assert repr(Basic(b"CP1", SECRET)) == "Basic(…)"


@pytest.mark.parametrize(
    ("stored", "sent"),
    [
        (KEY, KEY),
        (KEY, KEY.hex().encode()),
        (KEY, KEY.hex().upper().encode()),
        (KEY.hex().encode(), KEY),
        (KEY.hex().upper().encode(), KEY),
        (KEY[:8].hex().encode(), KEY[:8]),
        (b"0123456789abcdef".hex().encode(), b"0123456789abcdef"),
        (b"in plain letters".hex().upper().encode(), b"in plain letters"),
        (SECRET, SECRET),
    ],
)
def test_quirk_5_raw_and_hex_forms_of_a_1_6_key_are_the_same(stored, sent):
    assert check_password(sent, hash_password(stored))


@pytest.mark.parametrize("sent", [b"", SECRET + b" ", SECRET.upper(), SECRET.hex().encode()[:-2], KEY])
def test_a_wrong_password_is_wrong_in_every_form(sent):
    assert not check_password(sent, hash_password(SECRET))


def test_two_hashes_of_one_password_differ():
    assert hash_password(SECRET) != hash_password(SECRET)


@pytest.mark.parametrize("stored", ["", "scrypt$1$2", "md5$4096$8$1$YQ==$YQ==", "scrypt$99999999$8$1$YQ==$YQ=="])
def test_a_hash_that_we_did_not_make_is_an_error(stored):
    with pytest.raises(ValueError, match=r".+"):
        check_password(SECRET, stored)


async def test_a_checked_password_is_not_computed_again(monkeypatch):
    keeper, header = Gatekeeper(), basic(b"CP1")
    assert await cause(1, header, edge=LOCAL, keeper=keeper) is None
    monkeypatch.setattr("localctl.net.credentials.check_password", lambda *_: pytest.fail("computed again"))
    assert await cause(1, header, edge=LOCAL, keeper=keeper) is None
    renewed = StationEdge(verify="local", password_hash=hash_password(b"new one"))
    with pytest.raises(pytest.fail.Exception):
        await cause(1, header, edge=renewed, keeper=keeper)


async def test_checked_passwords_are_remembered_within_bounds(monkeypatch):
    monkeypatch.setattr("localctl.net.credentials._REMEMBERED", 2)
    computed = []
    monkeypatch.setattr("localctl.net.credentials.check_password", lambda *what: computed.append(what) or True)
    keeper = Gatekeeper()
    for number in (0, 1, 2, 3, 4, 4, 3, 2):
        await cause(1, basic(b"CP1", b"%d" % number), edge=LOCAL, keeper=keeper)
    assert [password for password, _ in computed] == [b"0", b"1", b"2", b"3", b"4", b"2"]


async def test_p6_wrong_passwords_cost_one_hash_each_and_never_push_out_the_right_one(monkeypatch):
    monkeypatch.setattr("localctl.net.credentials._REMEMBERED", 2)
    computed = []
    monkeypatch.setattr(
        "localctl.net.credentials.check_password", lambda what, _: computed.append(what) or what == SECRET
    )
    keeper = Gatekeeper()
    for password in (SECRET, b"1", b"1", b"2", b"3", b"4", SECRET, b"4"):
        right = await cause(1, basic(b"CP1", password), edge=LOCAL, keeper=keeper) is None
        assert right == (password == SECRET)
    assert computed == [SECRET, b"1", b"2", b"3", b"4"]


async def test_p6_a_flood_of_passwords_for_one_station_keeps_no_other_waiting(monkeypatch, nursery):
    flood, going_on = threading.Event(), []

    def slow(password, _):
        going_on.append(password)
        return flood.wait(10) and password == SECRET

    monkeypatch.setattr("localctl.net.credentials.check_password", slow)
    keeper, said = Gatekeeper(), []

    async def comes(user, password):
        denied = await keeper.check(listener(security_profile=1), LOCAL, user, basic(user.encode(), password), None)
        said.append((user, denied and denied.cause))

    for number in range(20):
        nursery.start_soon(comes, "CP1", b"%d" % number)
    nursery.start_soon(comes, "CP2", SECRET)
    await trio.testing.wait_all_tasks_blocked()
    assert said == [("CP1", "busy")] * 18
    flood.set()
    with trio.fail_after(10):
        while len(said) < 21:  # noqa: ASYNC110  (threads make it true)
            await trio.sleep(0.005)
    assert said[18:].count(("CP2", None)) == 1
    assert len(going_on) == 3
    assert (await keeper.check(listener(security_profile=1), LOCAL, "CP1", basic(b"CP1"), None)) is None


NEW = b"the new password"


async def test_a01_fr_03_a_learnt_password_replaces_the_configured_one_and_is_kept():
    kept = []
    keeper = Gatekeeper(keep_password=lambda *what: kept.append(what))
    await keeper.learn(LOCAL, "CP1", NEW)
    assert await cause(1, basic(b"CP1", b"the new password"), edge=LOCAL, keeper=keeper) is None
    assert await cause(1, basic(b"CP1"), edge=LOCAL, keeper=keeper) == "wrong_password"
    after_restart = Gatekeeper(passwords=dict(kept))
    assert await cause(1, basic(b"CP1", b"the new password"), edge=LOCAL, keeper=after_restart) is None
    assert b"the new password" not in repr(kept).encode()


async def test_a01_what_the_installer_writes_after_a_learnt_password_is_newer():
    keeper, rewritten = Gatekeeper(), StationEdge(verify="local", password_hash=hash_password(b"a third one"))
    await keeper.learn(LOCAL, "CP1", NEW)
    assert keeper.was_given_another("cp1", LOCAL)
    assert await cause(1, basic(b"CP1", b"a third one"), edge=rewritten, keeper=keeper) is None
    assert await cause(1, basic(b"CP1", NEW), edge=rewritten, keeper=keeper) == "wrong_password"
    assert not keeper.was_given_another("cp1", rewritten)
    await keeper.learn(rewritten, "CP1", b"and a fourth")
    assert await cause(1, basic(b"CP1", b"and a fourth"), edge=rewritten, keeper=keeper) is None


async def test_a01_a_station_that_uses_its_new_password_at_once_is_let_in(monkeypatch, nursery):
    hashing, slowly = threading.Event(), hash_password
    monkeypatch.setattr("localctl.net.credentials.hash_password", lambda what: hashing.wait(10) and slowly(what))
    keeper, said = Gatekeeper(), []

    async def comes(password):
        said.append(await cause(1, basic(b"CP1", password), edge=LOCAL, keeper=keeper))

    nursery.start_soon(keeper.learn, LOCAL, "CP1", NEW)
    await trio.testing.wait_all_tasks_blocked()
    nursery.start_soon(comes, NEW)
    await trio.testing.wait_all_tasks_blocked()
    assert said == []
    hashing.set()
    with trio.fail_after(10):
        while not said:  # noqa: ASYNC110  (threads make it true)
            await trio.sleep(0.005)
    assert said == [None]
    assert keeper._being_learnt == {}


async def test_what_the_csms_accepted_vouches_for_a_station_until_another_is_accepted():
    carrying, keeper = StationEdge(carries=True), Gatekeeper()
    door = listener(security_profile=1)
    assert not await keeper.vouches(door, carrying, "CP1", basic(b"CP1"))
    await keeper.accepted(carrying, "CP1", basic(b"CP1"))
    assert await keeper.vouches(door, carrying, "cp1", basic(b"CP1"))
    assert not await keeper.vouches(door, carrying, "CP1", basic(b"CP1", b"wrong"))
    await keeper.accepted(carrying, "CP1", basic(b"CP1", NEW))
    assert not await keeper.vouches(door, carrying, "CP1", basic(b"CP1"))
    assert await keeper.vouches(door, carrying, "CP1", basic(b"CP1", NEW))


async def test_p6_invented_names_neither_fill_the_memory_nor_undo_what_is_remembered(monkeypatch):
    monkeypatch.setattr("localctl.net.credentials.MOST_STATIONS", 2)
    kept, carrying = [], StationEdge(carries=True)
    keeper = Gatekeeper(keep_profile=lambda *what: kept.append(what), keep_password=lambda *what: kept.append(what))
    for number in range(5):
        keeper.came_in(f"CP{number}", 2)
        await keeper.accepted(carrying, f"CP{number}", basic(b"any"))
    keeper.came_in("CP1", 3)
    assert [who for who, _ in kept] == ["cp0", "cp0", "cp1", "cp1", "cp1"]
    assert await cause(1, basic(b"CP1"), keeper=keeper) == "downgrade"


async def test_a05_fr_07_a_lower_profile_is_refused_unless_a_downgrade_is_allowed():
    kept = []
    keeper = Gatekeeper(profiles={"cp1": 2}, keep_profile=lambda *what: kept.append(what))
    assert await cause(1, basic(b"CP1"), keeper=keeper) == "downgrade"
    assert await cause(1, basic(b"CP1"), keeper=keeper, edge=StationEdge(allow_downgrade=True)) is None
    keeper.came_in("CP1", 1)
    keeper.came_in("CP1", 3)
    assert kept == [("cp1", 3)]
    assert await cause(2, basic(b"CP1"), keeper=keeper) == "downgrade"
