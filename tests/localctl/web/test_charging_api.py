"""The charging API over real connections: what it shows, who may change what, and how mistakes are told."""

import json
import socket
import threading
from collections.abc import Iterator

import pytest

from localctl.charging.base.json_reader import BadMember
from localctl.web import charging_api, posting
from localctl.web.charging_api import read_current
from tests.localctl.charging.scene import SECRET
from tests.localctl.web.served import TOKEN, Served

GOOD = {"source": "EMS", "limit_a": 18, "expires_in_s": 900}


@pytest.fixture
def box() -> Iterator[Served]:
    one = Served()
    yield one
    one.stop()


def test_the_site_is_the_picture_and_needs_no_token(box: Served):
    answer, shown = box.ask("GET", "/api/v1/site", token=None)
    assert answer.status == 200
    assert answer.getheader("content-type") == "application/json"
    assert shown == box.scene.picture()
    assert SECRET not in json.dumps(shown)


def test_p5_one_station_is_explained_in_numbers_and_in_words(box: Served):
    _, shown = box.ask("GET", "/api/v1/stations/cp1/explain?evse=1", token=None)
    assert shown["station"]["evses"][0]["binding"]["source"] == "ems-1"
    assert shown["text"][1] == "CP1/1 gets 6.5 A per phase: a limit of the site is used up."


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        ("/api/v1/stations/CP9/explain", 404, "CP1, CP2, CP3"),
        ("/api/v1/stations/CP1/explain?evse=7", 404, "no EVSE 7"),
        ("/api/v1/stations/CP1/explain?evse=one", 400, "whole number"),
        ("/api/v1/stations/CP9/profiles", 404, "CP1, CP2, CP3"),
        ("/api/v1/stations/CP1/profiles?hours=0999", 400, "1 to 168"),
        ("/api/v1/panels/attic/profiles", 404, "main, sub"),
        ("/api/v1/panels/main/profiles?hours=169", 400, "1 to 168"),
        ("/api/v1/stations/CP1/profiles?hours=%D9%A4", 400, "whole number"),
    ],
)
def test_what_cannot_be_shown_is_named(box: Served, path: str, status: int, word: str):
    answer, shown = box.ask("GET", path, token=None)
    assert answer.status == status
    assert word in shown["error"]


def test_p5_what_an_evse_would_get_without_its_limit_is_told_on_request(box: Served):
    _, shown = box.ask("GET", "/api/v1/stations/CP1/explain?evse=1&what_if=1", token=None)
    assert shown["without_limit"]["share_a"] > shown["station"]["evses"][0]["share_a"]
    assert shown["text"][-1].startswith("Without that limit it would get")
    _, idle = box.ask("GET", "/api/v1/stations/CP3/explain?evse=1&what_if=1", token=None)
    assert idle["without_limit"] is None


def test_profiles_tell_whose_they_are(box: Served):
    profile = {
        "id": 7, "stackLevel": 3, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Absolute",
        "chargingSchedule": [{"id": 1, "startSchedule": "2027-01-15T07:00:00Z", "chargingRateUnit": "A",
                              "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 4.0}]}],
    }  # fmt: skip
    request = {"evseId": 1, "chargingProfile": profile}
    box.scene.controller.told("CP1", "SetChargingProfile", request, True, {"status": "Accepted"}, box.scene.now)
    _, shown = box.ask("GET", "/api/v1/stations/CP1/profiles?hours=1", token=None)
    assert [(one["id"], one["owner"]) for one in shown["profiles"]] == [(2000000000, "localctl"), (7, "CSMS")]
    assert shown["composite"][0]["without_ours"][0]["limit_a"] == 4.0


def test_a_limit_holds_at_once_and_the_answer_says_what_is_in_force(box: Served):
    answer, shown = box.ask("PUT", "/api/v1/limits/main", GOOD)
    assert answer.status == 200
    assert (shown["node"], shown["limits"]["L1"]["limit_a"]) == ("panel:main", 18.0)
    assert (shown["limits"]["L1"]["source"], shown["limits"]["L1"]["until"]) == ("ems-1", box.scene.now + 900)
    assert box.woken == 1
    assert box.scene.cycles().phase("main")["limit_a"] == 18.0


def test_a_station_can_be_limited_whatever_the_case_of_its_name(box: Served):
    answer, shown = box.ask("PUT", "/api/v1/limits/station:cp2", GOOD | {"limit_a": 8})
    assert (answer.status, shown["node"]) == (200, "station:CP2")
    assert shown["limits"]["L3"]["limit_a"] == 8.0


def test_a_limit_is_taken_back_by_its_source_and_saying_so_twice_is_no_mistake(box: Served):
    box.ask("PUT", "/api/v1/limits/main", GOOD)
    answer, shown = box.ask("DELETE", "/api/v1/limits/main?source=EMS")
    assert (answer.status, shown["withdrawn"]) == (200, ["ems-1"])
    assert shown["limits"]["L1"]["source"] == "fuse"
    answer, shown = box.ask("DELETE", "/api/v1/limits/main")
    assert (answer.status, shown["withdrawn"]) == (200, [])


def test_withdrawing_an_unknown_source_names_the_known_ones(box: Served):
    answer, shown = box.ask("DELETE", "/api/v1/limits/main?source=nobody")
    assert (answer.status, shown["member"]) == (400, "source")
    assert "ems-1" in shown["error"]


def test_an_unknown_node_names_those_there_are(box: Served):
    answer, shown = box.ask("PUT", "/api/v1/limits/mian", GOOD)
    assert answer.status == 404
    assert "main, sub, CP1, CP2, CP3" in shown["error"]


def test_a_mistake_in_the_body_names_its_member_and_changes_nothing(box: Served):
    before = box.scene.controller.limits.limits()
    answer, shown = box.ask("PUT", "/api/v1/limits/main", GOOD | {"limit_a": [1, 2, "x"]})
    assert (answer.status, shown["member"]) == (400, "limit_a[2].limit_a")
    assert box.scene.controller.limits.limits() == before
    assert box.woken == 0


def test_a_meter_reading_counts_and_says_how(box: Served):
    answer, shown = box.ask("PUT", "/api/v1/loads/lift", {"current_a": [0.5, 0.5, None]})
    assert answer.status == 200
    assert (shown["counted_a"], shown["known"]) == ([1.5, 1.5, 3.0], "meter")
    assert box.woken == 1


@pytest.mark.parametrize(
    "body",
    [[], 5, None, {}, {"current_a": 5}, {"current_a": [1, 2]}, {"current_a": [None, None, None]},
     {"current_a": [1, 2, True]}, {"current_a": [1, 2, "3"]}, {"current_a": [1, 2, 1e300]},
     {"current_a": [1, 2, 3], "x": 1}],
)  # fmt: skip
def test_a_reading_that_makes_no_sense_is_refused(body: object):
    with pytest.raises(BadMember):
        read_current(body)


def test_a_load_without_a_meter_is_named(box: Served):
    answer, shown = box.ask("PUT", "/api/v1/loads/kitchen", {"current_a": [1, 1, 1]})
    assert answer.status == 404
    assert "there are lift" in shown["error"]


WRITES = [("PUT", "/api/v1/limits/main"), ("DELETE", "/api/v1/limits/main"), ("PUT", "/api/v1/loads/lift")]


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_without_a_configured_token_nothing_can_be_changed_and_the_way_out_is_told(box: Served, method: str, path: str):
    box.token = None
    answer, shown = box.ask(method, path, GOOD)
    assert answer.status == 403
    assert "token_file" in shown["error"]


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN + "x", TOKEN[:-1]])
def test_a_wrong_or_missing_token_changes_nothing(box: Served, method: str, path: str, token: str | None):
    before = box.scene.controller.limits.limits()
    answer, shown = box.ask(method, path, GOOD, token=token)
    assert answer.status == 401
    assert answer.getheader("www-authenticate") == 'Bearer realm="localctl"'
    assert TOKEN not in json.dumps(shown)
    assert box.scene.controller.limits.limits() == before


def test_a_token_changed_by_a_reload_counts_from_then_on(box: Served):
    box.token = "another"
    assert box.ask("PUT", "/api/v1/limits/main", GOOD)[0].status == 401
    assert box.ask("PUT", "/api/v1/limits/main", GOOD, token="another")[0].status == 200


HOSTILE = {
    "nothing": b"",
    "no JSON": b"{",
    "not UTF-8": b'{"source": "\xff"}',
    "NaN": b'{"source": "EMS", "limit_a": NaN, "expires_in_s": 9}',
    "endless number": b'{"source": "EMS", "limit_a": ' + b"9" * 5000 + b', "expires_in_s": 9}',
    "1e999": b'{"source": "EMS", "limit_a": 1e999, "expires_in_s": 9}',
    "negative": b'{"source": "EMS", "limit_a": -1, "expires_in_s": 9}',
    "deep": b"[" * 30_000 + b"]" * 30_000,
    "list": b"[1]",
    "text": b'"EMS"',
    "half a surrogate": b'{"source": "\\ud800", "limit_a": 1, "expires_in_s": 9}',
    "in the past": b'{"source": "EMS", "limit_a": 1, "expires_at": "1970-01-01T00:00:00Z"}',
    "no expiry": b'{"source": "EMS", "limit_a": 1}',
    "unknown member": b'{"source": "EMS", "limit_a": 1, "expires_in_s": 9, "x": 1}',
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_body_is_a_plain_400_and_changes_nothing(box: Served, raw: bytes):
    before = box.scene.controller.limits.limits()
    answer, shown = box.ask("PUT", "/api/v1/limits/main", raw=raw)
    assert answer.status == 400
    assert shown["error"]
    assert box.scene.controller.limits.limits() == before
    assert box.ask("PUT", "/api/v1/limits/main", GOOD)[0].status == 200


def test_a_body_beyond_64_kib_is_refused(box: Served):
    answer, shown = box.ask("PUT", "/api/v1/limits/main", raw=b" " * (64 * 1024 + 1))
    assert answer.status == 413
    assert "64 KiB" in shown["error"]


@pytest.mark.parametrize("node", ["..%2F..%2Fetc", "%00", "main%09", "%F0%9F%94%8C", "a" * 8000, "panel:", ":"])
def test_a_hostile_node_is_only_unknown(box: Served, node: str):
    answer, shown = box.ask("PUT", f"/api/v1/limits/{node}", GOOD)
    assert answer.status == 404
    assert len(shown["error"]) < 600


def test_a_request_whose_body_never_comes_is_given_up(box: Served, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("localctl.web.charging_api.read_json.__defaults__", (0.2,))
    head = f"PUT /api/v1/limits/main HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 9\r\n\r\n"
    with socket.create_connection(("127.0.0.1", box.port), timeout=30) as connection:
        connection.sendall(head.encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 408 ")


def test_a_busy_control_loop_is_a_503_and_what_was_given_up_is_never_done(box: Served, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(posting.on_control_loop, "__defaults__", (0.2,))
    before = box.scene.controller.limits.limits()
    box.loop.held.clear()
    answer, shown = box.ask("PUT", "/api/v1/limits/main", GOOD)
    assert (answer.status, answer.getheader("retry-after")) == (503, "5")
    assert "nothing was changed" in shown["error"]
    box.loop.held.set()
    assert box.ask("GET", "/api/v1/stations/CP1/profiles")[0].status == 200
    assert box.scene.controller.limits.limits() == before


def test_composites_are_worked_out_one_at_a_time_and_nobody_waits_for_ever(
    box: Served, monkeypatch: pytest.MonkeyPatch
):
    begun, go_on = threading.Semaphore(0), threading.Event()

    def slow(*_: object) -> dict[str, object]:
        begun.release()
        assert go_on.wait(30)
        return {"slow": True}

    monkeypatch.setattr(charging_api, "profiles", slow)
    monkeypatch.setattr(charging_api, "WAIT_S", 0.2)
    heard: list[int] = []
    first = threading.Thread(target=lambda: heard.append(box.ask("GET", "/api/v1/stations/CP1/profiles")[0].status))
    first.start()
    assert begun.acquire(timeout=30)
    assert box.ask("GET", "/api/v1/stations/CP1/profiles")[0].status == 503
    assert box.ask("GET", "/api/v1/site")[0].status == 200
    go_on.set()
    first.join(30)
    assert heard == [200]
    assert box.ask("GET", "/api/v1/stations/CP1/profiles")[0].status == 200


@pytest.mark.parametrize(("method", "path"), [("POST", "/api/v1/site"), ("GET", "/api/v1/limits/main")])
def test_other_methods_are_refused(box: Served, method: str, path: str):
    with socket.create_connection(("127.0.0.1", box.port), timeout=30) as connection:
        connection.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 405 ")
