"""The composition root: a box starts in order, tells how it is, takes new configurations, remembers, says goodbye."""

import base64
import json
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
import trio
from structlog.testing import capture_logs

from localctl import app as module
from localctl import control
from localctl.app import App
from localctl.charging.loop.controller import Controller
from localctl.control import Control
from localctl.net.credentials import check_password, hash_password
from localctl.observe.health import ServiceState
from localctl.site_control import SiteControl
from tests.e2e.joined import free_port, http_get
from tests.localctl.boxes import HOST, config, running, taken_port, text, until
from tests.localctl.config.files import good
from tests.localctl.net.certificates import Pki
from tests.localctl.net.kit import RawPeer, connect, csms, frame, upgrade

PANEL = '[[panel]]\nid = "main"\nfuse_a = {}\n'
OLD, NEW = b"old-password-of-it", b"new-password-of-it"


@pytest.fixture(autouse=True)
def _quick_cycles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CYCLE_S", 0.02)
    monkeypatch.setattr(module, "set_up_logs", lambda **_: None)  # it would undo what capture_logs does


def password(secret: bytes, identity: str = "CP1") -> tuple[bytes, ...]:
    return (b"Authorization: Basic " + base64.b64encode(identity.encode() + b":" + secret),)


async def arrive(port, identity="CP1", secret=OLD, offer="ocpp2.0.1") -> tuple[RawPeer, int]:
    """A station at the door, and the status it gets."""
    peer = await connect(port)
    await peer.send(upgrade(f"/ocpp/{identity}", extra=password(secret, identity), offer=offer))
    return peer, (await peer.head())[0]


async def status_of(port: int, identity: str = "CP1", secret: bytes = OLD) -> int:
    peer, status = await arrive(port, identity, secret)
    await trio.aclose_forcefully(peer.stream)
    return status


def saved(folder, name: str) -> dict:
    """A document of the state directory; nothing when there is none."""
    path = folder / "state" / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else {}


@contextmanager
def listening(folder, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[str]]]:
    """A service manager with a very short watchdog; all that it has heard so far, as lines."""
    lines: list[str] = []

    def heard() -> list[str]:
        with suppress(BlockingIOError):
            while True:
                lines.extend(manager.recv(4096).decode().split("\n"))
        return lines

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(folder / "notify"))
        manager.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(folder / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "1000")
        yield heard


def quick(box: App) -> None:
    """Let control cycles follow one another at once."""
    box.site.control._period_s = 0.02
    box.site.control.wake()


# -- start and stop


async def test_the_box_is_ready_only_when_its_listeners_are_bound(tmp_path):
    box = App(config(tmp_path))
    assert (box.health.ready, box.health.reasons) == (False, ("waiting for listeners",))
    async with running(box):
        assert box.health.state is ServiceState.READY
        (port,) = box.ports.values()
        async with await connect(port):
            pass
        await until(lambda: box.box.get().state is ServiceState.READY)
        assert (await http_get(box.http_port, "/-/ready"))[0] == 200
        assert "localctl_build_info" in (await http_get(box.http_port, "/metrics"))[1]


async def test_a_taken_listener_port_ends_the_start_and_frees_the_http_port(tmp_path):
    taken, port = taken_port()
    with taken:
        box = App(config(tmp_path, port=port))
        with pytest.RaisesGroup(OSError, flatten_subgroups=True) as caught:
            await box.run()
    assert f"cannot listen on {HOST} port {port}" in repr(caught.value)
    assert not box.health.ready
    await until(lambda: not box._http.alive)
    socket.create_server((HOST, box.http_port)).close()


async def test_a_taken_http_port_is_named_and_nothing_listens(tmp_path):
    taken, port = taken_port()
    mine = free_port()
    with taken, pytest.raises(OSError, match=str(port)):
        await App(config(tmp_path, port=mine, http_port=port)).run()
    with pytest.raises(OSError, match=r".+"):
        await connect(mine)


async def test_on_stop_stations_hear_1001_and_the_box_says_that_it_stops(tmp_path):
    async with csms() as upper, running(App(config(tmp_path, csms_port=upper.port))) as box:
        peer, status = await arrive(next(iter(box.ports.values())))
        assert status == 101
        await until(lambda: upper.connections)
        async with peer, trio.open_nursery() as nursery:
            nursery.start_soon(box.stop)
            assert await peer.closed_with() == 1001
        assert (box.health.state, box.box.get().state) == (ServiceState.STOPPING, ServiceState.STOPPING)
        with pytest.raises(OSError, match=r".+"):
            await connect(next(iter(box.ports.values())))


async def test_what_happens_to_a_station_is_seen_in_page_log_and_metrics(tmp_path):
    with capture_logs() as logs:
        async with csms() as upper, running(App(config(tmp_path, csms_port=upper.port))) as box:
            peer, _ = await arrive(next(iter(box.ports.values())))
            async with peer:
                await until(lambda: [one.identity for one in box.box.get().stations if one.connected] == ["CP1"])
                page = (await http_get(box.http_port, "/metrics"))[1]
    assert any(line.startswith("localctl_") and 'station="CP1"' in line for line in page.splitlines())
    assert any(entry.get("identity", entry.get("station")) == "CP1" for entry in logs)


# -- faults


async def test_a_box_with_a_site_is_ready_only_after_its_first_control_cycle(tmp_path, monkeypatch):
    may_go = trio.Event()

    async def held_up(site):
        await may_go.wait()
        await run(site)

    run = SiteControl.run
    monkeypatch.setattr(SiteControl, "run", held_up)
    with listening(tmp_path, monkeypatch) as heard:
        box = App(config(tmp_path, more=PANEL.format(63)))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(box.run)
            await until(lambda: box.health.reasons == ("waiting for limits",))
            await until(lambda: box.box.get().reasons == ("waiting for limits",))
            assert "READY=1" not in heard()
            may_go.set()
            await until(lambda: "READY=1" in heard())
            assert (box.health.state, box.site.picture()["cycle_at"] is None) == (ServiceState.READY, False)
            nursery.cancel_scope.cancel()


async def test_a_control_loop_that_stalls_feeds_no_watchdog_while_everything_else_goes_on(tmp_path, monkeypatch):
    """The picture is made, the HTTP port answers, stations come in: none of that may hide a stall."""
    stalled, loop = trio.Event(), Control._cycle

    async def stalling(control, nursery):
        if stalled.is_set():
            await trio.sleep_forever()
        return await loop(control, nursery)

    monkeypatch.setattr(Control, "_cycle", stalling)
    with listening(tmp_path, monkeypatch) as heard:
        async with csms() as upper, running(App(config(tmp_path, csms_port=upper.port, more=PANEL.format(63)))) as box:
            quick(box)
            await until(lambda: heard().count("WATCHDOG=1") >= 3)
            stalled.set()
            box.site.control.wake()
            await trio.sleep(0.3)
            fed, pictures = heard().count("WATCHDOG=1"), box.box.get()
            assert await status_of(next(iter(box.ports.values()))) == 101
            await until(lambda: box.box.get() is not pictures)
            await trio.sleep(0.3)
            assert heard().count("WATCHDOG=1") == fed


async def test_a_control_cycle_that_fails_feeds_no_watchdog_and_the_next_good_one_does(tmp_path, monkeypatch):
    """One failure is not the end: the period of the real watchdog has room for six. A box that only fails is ended."""
    failed: list[float] = []

    def fails(now: float) -> None:
        failed.append(now)
        raise ZeroDivisionError

    with listening(tmp_path, monkeypatch) as heard, capture_logs():
        async with running(App(config(tmp_path, more=PANEL.format(63)))) as box:
            quick(box)
            await until(lambda: heard().count("WATCHDOG=1") >= 3)
            with monkeypatch.context() as broken:
                broken.setattr(box.site.controller, "cycle", fails)
                await until(lambda: failed)
                fed = heard().count("WATCHDOG=1")
                await until(lambda: len(failed) > 5)
                assert heard().count("WATCHDOG=1") == fed
                assert box.health.reasons == ("a control cycle failed: ZeroDivisionError",)
            await until(lambda: heard().count("WATCHDOG=1") > fed)
            assert box.health.state is ServiceState.READY


async def test_a_full_disk_is_no_failed_cycle_and_costs_nobody_a_restart(tmp_path, monkeypatch):
    async def full(_document: object) -> None:
        raise OSError(28, "No space left on device")

    with listening(tmp_path, monkeypatch) as heard:
        async with running(App(config(tmp_path, more=PANEL.format(63)))) as box:
            box.site.control._store = full
            quick(box)
            monkeypatch.setattr(control, "STORE_S", 0.0)
            await until(lambda: any("cannot be stored" in reason for reason in box.health.reasons))
            fed = heard().count("WATCHDOG=1")
            await until(lambda: heard().count("WATCHDOG=1") > fed + 2)


async def test_a_box_whose_first_control_cycle_fails_is_not_ready_not_even_by_a_reload(tmp_path, monkeypatch):
    why = ("waiting for limits", "a control cycle failed: ZeroDivisionError")
    with listening(tmp_path, monkeypatch) as heard, capture_logs():
        box, _ = reloadable(tmp_path, text(tmp_path, more=PANEL.format(63)))
        async with trio.open_nursery() as nursery:
            with monkeypatch.context() as broken:
                broken.setattr(Controller, "cycle", lambda _self, _now: 1 / 0)
                nursery.start_soon(box.run)
                await until(lambda: box.health.reasons == why)
                assert (await box.reload()).taken
                assert not {"READY=1", "RELOADING=1", "WATCHDOG=1"} & set(heard())
            box.site.control.wake()
            await until(lambda: box.health.state is ServiceState.READY)
            nursery.cancel_scope.cancel()


async def test_a_router_without_a_site_feeds_its_watchdog_too(tmp_path, monkeypatch):
    with listening(tmp_path, monkeypatch) as heard:
        async with running(App(config(tmp_path))):
            await until(lambda: heard().count("WATCHDOG=1") >= 3)


async def test_a_dead_http_thread_makes_the_box_degraded_and_it_goes_on_routing(tmp_path):
    async with csms() as upper, running(App(config(tmp_path, csms_port=upper.port))) as box:
        box._http.stop()
        await until(lambda: box.health.state is ServiceState.DEGRADED)
        assert box.health.reasons == ("the HTTP port has stopped serving",)
        assert await status_of(next(iter(box.ports.values()))) == 101


async def test_a_state_directory_that_cannot_be_written_makes_the_box_degraded_and_tells(tmp_path):
    (tmp_path / "file").write_text("")
    with capture_logs() as logs:
        async with running(App(config(tmp_path, state_dir=tmp_path / "file" / "state"))) as box:
            await until(lambda: box.health.state is ServiceState.DEGRADED)
            await until(lambda: any("the state directory cannot be written" in why for why in box.health.reasons))
            await until(lambda: box.box.get().reasons == box.health.reasons)
    assert [entry["log_level"] for entry in logs if entry["event"] == "state not saved"] == ["error"]


async def test_a_state_directory_that_works_again_clears_the_fault(tmp_path):
    (tmp_path / "state").write_text("in the way")
    async with csms() as upper, running(App(config(tmp_path, csms_port=upper.port))) as box:
        await until(lambda: box.health.state is ServiceState.DEGRADED)
        (tmp_path / "state").unlink()
        assert await status_of(next(iter(box.ports.values()))) == 101
        await until(lambda: box.health.state is ServiceState.READY)
    assert saved(tmp_path, "router")


# -- reload


def reloadable(folder, first: str) -> tuple[App, list]:
    """A box and the list whose last entry is what the file holds."""
    files = [good(first, folder=folder)]
    return App(files[0], read_again=lambda: files[-1]), files


async def test_a_reload_takes_new_settings_and_keeps_what_is_connected(tmp_path):
    async with csms() as upper:
        first = text(tmp_path, csms_port=upper.port)
        box, files = reloadable(tmp_path, first)
        async with running(box):
            (port,) = box.ports.values()
            peer, _ = await arrive(port)
            files.append(good(first.replace('"route"', '"refuse"'), folder=tmp_path))
            async with peer:
                with capture_logs() as logs:
                    assert (await box.reload()).taken
                assert box.config is files[-1]
                await peer.send(frame('[2,"1","Heartbeat",{}]'))
                assert await peer.text() == '[3,"1",{}]'
                assert (await status_of(port, "CP2"), box.health.state) == (404, ServiceState.READY)
    told = [entry for entry in logs if entry["event"] == "configuration changed"]
    assert [(entry["key"], entry["old"], entry["new"]) for entry in told] == [
        ("defaults.unknown_stations", "route", "refuse")
    ]


async def test_a_reload_changes_how_much_is_logged(tmp_path, monkeypatch):
    levels = []
    monkeypatch.setattr(module, "set_up_logs", lambda *, level, look: levels.append((level, look)))
    first = text(tmp_path)
    box, files = reloadable(tmp_path, first)
    async with running(box):
        files.append(good(first.replace('name = "test"', 'log_level = "debug"'), folder=tmp_path))
        assert (await box.reload()).taken
    assert levels == [("debug", "auto")]


async def test_a_reload_replans_the_site(tmp_path):
    first = text(tmp_path) + PANEL
    box, files = reloadable(tmp_path, first.format(63))
    async with running(box):
        files.append(good(first.format(50), folder=tmp_path))
        assert (await box.reload()).taken
        assert box.site.controller.plan.topology.panels["main"].fuse_a == (50, 50, 50)


async def test_a_first_panel_waits_for_a_restart_and_says_so(tmp_path):
    first = text(tmp_path)
    box, files = reloadable(tmp_path, first)
    async with running(box):
        files.append(good(first + PANEL.format(63), folder=tmp_path))
        with capture_logs() as logs:
            assert (await box.reload()).taken
        assert box.site is None
        assert box.health.reasons == ("changed in the configuration, in force after a restart: panel",)
        assert [entry["keys"] for entry in logs if entry["log_level"] == "warning"] == ["panel"]
        files.append(files[0])
        assert (await box.reload()).taken
        assert box.health.state is ServiceState.READY


async def test_a_reload_opens_and_closes_listeners(tmp_path):
    first, more = text(tmp_path), free_port()
    box, files = reloadable(tmp_path, first)
    async with running(box):
        files.append(good(first + f'[[listen]]\naddress = "{HOST}"\nport = {more}\nsecurity_profile = 1\n'))
        assert (await box.reload()).taken
        async with await connect(more):
            pass
        files.append(files[0])
        assert (await box.reload()).taken
        with pytest.raises(OSError, match=r".+"):
            await connect(more)


async def test_a_file_with_mistakes_changes_nothing_but_is_seen_until_a_good_one_comes(tmp_path):
    box, files = reloadable(tmp_path, text(tmp_path))
    async with running(box):
        before = box.router.policies
        files.append(None)
        assert not (await box.reload()).taken
        assert (box.config, box.router.policies) == (files[0], before)
        assert box.health.state is ServiceState.DEGRADED
        assert "the old configuration goes on: the file has mistakes" in box.health.reasons[0]
        assert "localctl_config_last_reload_successful 0" in (await http_get(box.http_port, "/metrics"))[1]
        files.append(files[0])
        assert (await box.reload()).taken
        assert box.health.state is ServiceState.READY


async def test_a_reload_reconnects_the_stations_it_must_and_no_other(tmp_path):
    stations = '[[station]]\nidentity = "CP1"\n[[station]]\nidentity = "CP2"\n'
    async with csms() as upper:
        first = text(tmp_path, csms_port=upper.port, more=stations)
        box, files = reloadable(tmp_path, first)
        async with running(box):
            (port,) = box.ports.values()
            (one, _), (two, _) = await arrive(port), await arrive(port, "CP2")
            files.append(good(first.replace('"CP1"', '"CP1"\ncompression = false'), folder=tmp_path))
            async with one, two:
                assert (await box.reload()).taken
                assert await one.closed_with() == 1012
                await two.send(frame('[2,"1","Heartbeat",{}]'))
                assert await two.text() == '[3,"1",{}]'
            assert await status_of(port) == 101


async def test_a_change_that_needs_a_restart_is_told_until_it_is_taken_back(tmp_path):
    first = text(tmp_path)
    box, files = reloadable(tmp_path, first)
    async with running(box):
        files.append(good(first.replace(f"port = {files[0].http.port}", f"port = {free_port()}"), folder=tmp_path))
        assert (await box.reload()).taken
        assert box.health.reasons == ("changed in the configuration, in force after a restart: http.port",)
        files.append(files[0])
        assert (await box.reload()).taken
        assert box.health.state is ServiceState.READY


async def test_a_bug_while_reloading_does_not_end_the_box(tmp_path, monkeypatch):
    box, files = reloadable(tmp_path, text(tmp_path))
    files.append(files[0])
    monkeypatch.setattr(module, "policies_of", None)
    async with running(box):
        with capture_logs() as logs:
            assert not (await box.reload()).taken
        assert (box.config, box.health.state) == (files[0], ServiceState.DEGRADED)
        assert any("exc_info" in entry for entry in logs)


async def test_a_bug_in_the_plan_of_a_new_configuration_leaves_no_half_of_it_behind(tmp_path, monkeypatch):
    first, more = text(tmp_path), free_port()
    box, files = reloadable(tmp_path, first)
    async with running(box):
        policies = box.router.policies
        files.append(good(first + f'[[listen]]\naddress = "{HOST}"\nport = {more}\nsecurity_profile = 1\n'))
        monkeypatch.setattr(module, "site_plan_of", None)
        with capture_logs():
            assert not (await box.reload()).taken
        assert (box.config, box.router.policies) == (files[0], policies)
        with pytest.raises(OSError, match=r".+"):
            await connect(more)


async def test_stations_that_a_reload_adds_are_seen_and_those_it_takes_out_are_not(tmp_path):
    table = '[[station]]\nidentity = "{}"\n'
    first = text(tmp_path, more=table.format("CP1"))
    box, files = reloadable(tmp_path, first)
    async with running(box):
        assert [(one.identity, one.csms) for one in box.box.get().stations] == [("CP1", "upper")]
        files.append(good(first.replace("CP1", "CP2"), folder=tmp_path))
        assert (await box.reload()).taken
        assert [(one.identity, one.csms) for one in box.box.get().stations] == [("CP2", "upper")]
        page = (await http_get(box.http_port, "/metrics"))[1]
        assert ('station="CP2"' in page, 'station="CP1"' in page) == (True, False)


async def test_a_reload_while_the_box_starts_waits_until_its_listeners_are_there(tmp_path, monkeypatch):
    """Once it opened them before anybody took what came in: the box was ready and no station got in."""
    may_go = trio.Event()
    async with csms() as upper:
        box, _ = reloadable(tmp_path, text(tmp_path, csms_port=upper.port))
        run = box.outages.run

        async def held_up(*words, task_status) -> None:
            await may_go.wait()
            await run(*words, task_status=task_status)

        monkeypatch.setattr(box.outages, "run", held_up)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(box.run)
            nursery.start_soon(box.reload)
            await trio.sleep(0.1)
            may_go.set()
            await until(lambda: box.health.ready)
            assert await status_of(next(iter(box.ports.values()))) == 101
            nursery.cancel_scope.cancel()


async def test_a_signal_to_stop_waits_for_no_reload(tmp_path, monkeypatch):
    box, _ = reloadable(tmp_path, text(tmp_path))
    monkeypatch.setattr(box, "reload", trio.sleep_forever)
    async with trio.open_nursery() as nursery:
        await nursery.start(box.heed_signals, nursery.cancel_scope)
        await nursery.start(box.run)
        for number in (signal.SIGHUP, signal.SIGHUP, signal.SIGHUP, signal.SIGTERM):
            signal.raise_signal(number)
            await trio.sleep(0.02)
    assert box.health.state is ServiceState.STOPPING


async def test_two_reloads_at_once_come_one_after_the_other(tmp_path, monkeypatch):
    box, files = reloadable(tmp_path, text(tmp_path))
    files.append(files[0])
    with listening(tmp_path, monkeypatch) as heard:
        box._notifier = module.Notifier()
        async with running(box), trio.open_nursery() as nursery:
            nursery.start_soon(box.reload)
            nursery.start_soon(box.reload)
        words = [line for line in heard() if line in ("READY=1", "RELOADING=1")]
    assert words == ["READY=1", "RELOADING=1", "READY=1", "RELOADING=1", "READY=1"]


async def test_a_good_configuration_is_kept_at_the_start_and_at_each_reload_and_a_bad_one_never(tmp_path):
    kept = []
    files = [good(text(tmp_path), folder=tmp_path)]
    box = App(files[0], read_again=lambda: files[-1], keep=lambda: kept.append(len(files)))
    async with running(box):
        await until(lambda: kept == [1])
        files.append(files[0])
        assert (await box.reload()).taken
        files.append(None)
        assert not (await box.reload()).taken
    assert kept == [1, 2]


async def test_a_disk_that_keeps_no_copy_is_told_and_keeps_nobody_from_working(tmp_path):
    def full() -> None:
        raise OSError(28, "No space left on device")

    with capture_logs() as logs:
        async with running(App(config(tmp_path), keep=full)):
            await until(lambda: [entry for entry in logs if "good configuration" in entry["event"]])


async def test_a_box_with_a_borrowed_configuration_is_degraded_until_the_file_is_mended(tmp_path):
    kept = []
    file = config(tmp_path)
    box = App(file, read_again=lambda: file, keep=lambda: kept.append(1), borrowed="runs with an old copy")
    async with running(box):
        assert (box.health.state, box.health.reasons) == (ServiceState.DEGRADED, ("runs with an old copy",))
        page = (await http_get(box.http_port, "/metrics"))[1]
        assert "localctl_config_last_reload_successful 0" in page
        assert not kept
        assert (await box.reload()).taken
        assert (box.health.state, kept) == (ServiceState.READY, [1])


async def test_a_reload_onto_a_taken_port_changes_nothing(tmp_path):
    taken, port = taken_port()
    first = text(tmp_path)
    box, files = reloadable(tmp_path, first)
    with taken:
        async with running(box):
            (mine,) = box.ports.values()
            files.append(good(first + f'[[listen]]\naddress = "{HOST}"\nport = {port}\nsecurity_profile = 1\n'))
            assert not (await box.reload()).taken
            assert (box.config, str(port) in box.health.reasons[0]) == (files[0], True)
            async with await connect(mine):
                pass


async def test_a_certificate_that_went_bad_after_the_check_refuses_the_reload(tmp_path):
    Pki(tmp_path).pair("cert", HOST)
    listen = 'certificates = [{ cert_file = "cert.pem", key_file = "cert.key" }]'
    box, files = reloadable(tmp_path, text(tmp_path, profile=2, listen=listen))
    async with running(box):
        assert 'use="server_' in (await http_get(box.http_port, "/metrics"))[1]
        files.append(files[0])
        (tmp_path / "cert.pem").write_text("torn")
        assert not (await box.reload()).taken
        assert "cert.pem" in box.health.reasons[0]


# -- memory


async def test_the_boxs_own_key_survives_a_restart_so_that_late_answers_are_known_as_ours(tmp_path):
    keys = []
    for _ in range(2):
        async with running(App(config(tmp_path))):
            await until(lambda: saved(tmp_path, "router"))
        keys.append(saved(tmp_path, "router")["own_key"])
    assert keys[0] == keys[1]
    assert len(bytes.fromhex(keys[0])) == 32


@pytest.mark.parametrize("document", ["{torn", '{"own_key": 5}', '{"own_key": "short"}', "[]"])
async def test_a_broken_key_is_replaced_and_the_box_starts(tmp_path, document):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "router.json").write_text(document)
    async with running(App(config(tmp_path))):
        await until(lambda: len(str(saved(tmp_path, "router").get("own_key"))) == 64)


async def test_a05_fr_06_the_highest_security_profile_survives_a_restart(tmp_path):
    async with csms() as upper:
        async with running(App(config(tmp_path, csms_port=upper.port))) as box:
            assert await status_of(next(iter(box.ports.values()))) == 101
            await until(lambda: saved(tmp_path, "security"))
        open_door = {"profile": 0, "listen": "allow_insecure = true", "csms_port": upper.port}
        async with running(App(config(tmp_path, **open_door))) as box:
            (port,) = box.ports.values()
            assert await status_of(port) == 403
            assert await status_of(port, "CP2") == 101
        async with running(App(config(tmp_path, defaults="allow_downgrade = true", **open_door))) as box:
            assert await status_of(next(iter(box.ports.values()))) == 101


async def test_a01_fr_03_a_password_the_csms_changed_survives_a_restart(tmp_path):
    table = f'[[station]]\nidentity = "CP1"\nverify = "local"\npassword_hash = "{hash_password(OLD)}"\n'
    change = '[2,"p","ChangeConfiguration",{"key":"AuthorizationKey","value":"' + NEW.decode() + '"}]'
    async with csms() as upper:
        async with running(App(config(tmp_path, csms_port=upper.port, more=table))) as box:
            peer, status = await arrive(next(iter(box.ports.values())), offer="ocpp1.6")
            assert status == 101
            async with peer:
                await until(lambda: upper.connections)
                await upper.connections[0].send(change)
                assert await peer.text() == change
                await peer.send(frame('[3,"p",{"status":"Accepted"}]'))
                await until(lambda: saved(tmp_path, "security").get("passwords"))
        assert check_password(NEW, saved(tmp_path, "security")["passwords"]["cp1"])
        assert NEW.decode() not in (tmp_path / "state" / "security.json").read_text()
        async with running(App(config(tmp_path, csms_port=upper.port, more=table))) as box:
            (port,) = box.ports.values()
            assert await status_of(port, secret=OLD) == 401
            assert await status_of(port, secret=NEW) == 101


async def test_adopted_stations_keep_their_place_over_a_restart(tmp_path):
    async with csms() as upper:
        for identity in ("CP1", "CP2"):
            plain = text(tmp_path, csms_port=upper.port, more='[[panel]]\nid = "main"\nfuse_a = 63\n')
            adopt = plain.replace('"route"', '"adopt"\nadopt_into = "main"')
            async with running(App(good(adopt, folder=tmp_path))) as box:
                assert await status_of(next(iter(box.ports.values())), identity) == (101 if identity == "CP1" else 404)
                await until(lambda: saved(tmp_path, "adopted"))
    assert saved(tmp_path, "adopted") == {"stations": ["cp1"]}


async def test_ready_says_on_which_socket_the_box_is_to_be_asked(tmp_path):
    with capture_logs() as lines:
        async with running(App(config(tmp_path))):
            pass
    (ready,) = [line for line in lines if line["event"] == "ready"]
    assert ready["socket"] == str(tmp_path / "state" / "localctl.sock")
