"""The box under demonstration: its configuration is good, and its failure to start is told."""

import pytest
import trio

from localctl.cli.check import read
from localctl.demo import box
from localctl.demo.box import BoxFailed, running_box


async def test_a_box_that_cannot_start_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr(box, "CONFIG", 'nonsense = "{folder}"\n')
    with pytest.RaisesGroup(pytest.RaisesExc(BoxFailed, match="nonsense"), flatten_subgroups=True):
        async with running_box(tmp_path, 1, [], lambda _line: None):
            raise AssertionError("it cannot have started")


async def test_the_box_runs_on_the_written_configuration_and_stops_with_the_block(tmp_path):
    said = []
    async with running_box(tmp_path, 1, ["DEMO-01", "DEMO-02"], said.append) as running:
        assert running.metrics_url.endswith(f":{running.http_port}/metrics")
        (await running.plain.dial()).socket.close()
        await trio.aclose_forcefully(await running.tls.dial())
        loaded = read(tmp_path / "demo.toml")
        assert not [problem for problem in loaded.problems if problem.severity.name == "ERROR"]
        assert [station.identity for station in loaded.config.station] == ["DEMO-01", "DEMO-02"]
    assert any("ready" in line for line in said)
    with pytest.raises(OSError, match="connect"):
        await running.plain.dial()
