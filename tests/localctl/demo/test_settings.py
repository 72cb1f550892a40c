"""The demo's configuration: a real one, and a good one."""

import pytest

from localctl.cli.check import read
from localctl.demo.cast import PANELS, Plan, cast
from localctl.demo.certificate import make_certificate
from localctl.demo.settings import Ports, settings
from localctl.plan_site import topology_of

PORTS = {"plain": 1, "tls": 2, "csms": 3, "http": 4}
SOCKET = "/tmp/demo-12345678/box"


@pytest.fixture
def written(tmp_path):
    """A function that writes the configuration of a plan and reads it back as localctl does."""
    certificate, key = make_certificate(tmp_path)
    token = tmp_path / "token"
    token.touch(mode=0o600)
    token.write_text("0123456789abcdef01234567\n")
    ports = Ports(folder=tmp_path, certificate=certificate, key=key, token_file=token, socket=SOCKET, **PORTS)

    def write(plan):
        file = tmp_path / "demo.toml"
        file.write_text(settings(plan, cast(plan), ports))
        return read(file)

    return write


@pytest.mark.parametrize("duration_s", [5, 12, 60, 3600])
def test_localctl_check_has_nothing_to_say_about_it(written, duration_s):
    loaded = written(Plan(duration_s=duration_s))
    assert loaded.problems == ()
    assert topology_of(loaded.config)[1] == ()


def test_every_station_is_placed_as_it_is_cast(written):
    config, roles = written(Plan()).config, cast(Plan())
    placed = [(one.identity, one.panel, one.phase_rotation, len(one.evses)) for one in config.station]
    assert placed == [(one.model.identity, one.panel, one.rotation, one.model.evses) for one in roles]
    assert [(one.id, one.parent, one.fuse_a[0], one.reserve_a) for one in config.panel] == [
        (one.id, one.parent, one.fuse_a, one.reserve_a) for one in PANELS
    ]


def test_the_box_is_told_that_stations_are_slower_than_they_are(written):
    for plan in (Plan(), Plan(duration_s=12)):
        assert plan.reaction_s < written(plan).config.charging.reaction_s < plan.follow_s
