"""The box under demonstration: its configuration is good, and its failure to start is told."""

import socket

import pytest
import trio

from localctl.cli.check import read
from localctl.demo import box, door
from localctl.demo.api import request
from localctl.demo.box import USUAL_HTTP_PORT, BoxFailed, running_box
from localctl.demo.cast import Plan, cast
from localctl.demo.door import HOST


async def test_a_box_that_cannot_start_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr(box, "settings", lambda _plan, _roles, _ports: "nonsense = 1")
    with pytest.RaisesGroup(pytest.RaisesExc(BoxFailed, match="nonsense"), flatten_subgroups=True):
        async with running_box(tmp_path, 1, Plan(), [], lambda _line: None):
            raise AssertionError("it cannot have started")


async def test_the_box_runs_on_the_written_configuration_and_stops_with_the_block(tmp_path):
    said, roles = [], cast(Plan())
    async with running_box(tmp_path, 1, Plan(), roles, said.append) as running:
        assert running.api.token == running.api.token_file.read_text().strip()
        assert running.api.token_file.stat().st_mode & 0o077 == 0
        assert (await request(running.api.port, "GET", "/metrics"))[0] == 200
        await trio.aclose_forcefully(await trio.open_unix_socket(running.api.socket))
        (await running.plain.dial()).socket.close()
        await trio.aclose_forcefully(await running.tls.dial())
        loaded = read(tmp_path / "demo.toml")
        assert [station.identity for station in loaded.config.station] == [role.model.identity for role in roles]
        assert "panels" in await running.api.site()
    assert any("ready" in line for line in said)
    with pytest.raises(OSError, match="connect"):
        await running.plain.dial()


@pytest.mark.parametrize("which", [0, 1, 2], ids=["plain", "TLS", "HTTP"])
async def test_a_port_that_somebody_took_in_the_last_moment_is_replaced_by_another(tmp_path, monkeypatch, which):
    with socket.create_server((HOST, 0)) as taken:
        asked: list[tuple[int, ...]] = []

        def free_ports(*wanted: int) -> list[int]:
            asked.append(wanted)
            found = door.free_ports(*wanted)
            if len(asked) == 1:
                found[which] = taken.getsockname()[1]
            return found

        monkeypatch.setattr(box, "free_ports", free_ports)
        async with running_box(tmp_path, 1, Plan(), cast(Plan()), lambda _line: None) as running:
            (await running.plain.dial()).socket.close()
            await trio.aclose_forcefully(await running.tls.dial())
            assert (await request(running.api.port, "GET", "/-/ready"))[0] == 200
        assert asked == [(0, 0, USUAL_HTTP_PORT), (0, 0, 0)]


async def test_a_strangers_box_on_the_same_port_is_not_taken_for_ours(tmp_path, monkeypatch):
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    theirs.mkdir()
    async with running_box(theirs, 1, Plan(), cast(Plan()), lambda _line: None) as other:
        monkeypatch.setattr(box, "free_ports", lambda *_wanted: [*door.free_ports(0, 0), other.api.port])
        with pytest.RaisesGroup(pytest.RaisesExc(BoxFailed, match="did not become ready"), flatten_subgroups=True):
            async with running_box(ours, 1, Plan(), cast(Plan()), lambda _line: None):
                raise AssertionError("it is not ours")
