"""The configuration that the demo's box runs on: listeners, CSMS, and a site of three panels with all stations placed.

It is an ordinary config.toml, written anew for each demo because ports and the token are; `localctl check` likes it.
The pace is a demo's: what takes minutes on a real site takes seconds here, and shrinks with the demo's duration.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from localctl.demo.cast import EMS_NAME, PANELS, REACTION_SHARE, Panel, Plan, Role
from localctl.demo.door import HOST

CONFIG = """\
# Written by `localctl demo`. Everything is on loopback and gone when the demo ends.
[controller]
name = "demo"
state_dir = "{ports.folder}"
log_format = "logfmt"

[[listen]]
address = "{host}"
port = {ports.plain}
security_profile = 1

[[listen]]
address = "{host}"
port = {ports.tls}
security_profile = 2
certificates = [{{ cert_file = "{ports.certificate}", key_file = "{ports.key}" }}]

[[csms]]
name = "demo"
url = "ws://{host}:{ports.csms}"
retry_min_s = 0.5
retry_range_s = 0.5
retry_repeats = 1
hold_s = 1.0

[http]
address = "{host}"
port = {ports.http}
token_file = "{ports.token_file}"
socket = "{ports.socket}"

[site]
nominal_voltage_v = 230

[[limit_source]]
name = "{ems}"
kind = "EMS"
stale_after_s = 600

[charging]
lease_s = 120
longest_lease_s = 120
clock_skew_s = 2
dead_band_a = 0.5
min_gap_s = {min_gap_s:.2f}
retry_s = {retry_s:.2f}
reaction_s = {reaction_s:.2f}
min_on_s = {min_on_s:.2f}
min_off_s = {min_off_s:.2f}
"""
PANEL = """
[[panel]]
id = "{panel.id}"
{parent}fuse_a = {panel.fuse_a:g}
reserve_a = {panel.reserve_a:g}
"""
STATION = """
[[station]]
identity = "{model.identity}"
panel = "{role.panel}"
phase_rotation = "{role.rotation}"
evses = [{evses}]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What differs from one demo to the next: where everything listens, and its files."""

    folder: Path
    certificate: Path
    key: Path
    plain: int
    tls: int
    csms: int
    http: int
    token_file: Path
    socket: Path


def settings(plan: Plan, roles: Iterable[Role], ports: Ports) -> str:
    """The whole config.toml."""
    pace = plan.pace
    head = CONFIG.format(
        host=HOST,
        ports=ports,
        ems=EMS_NAME,
        min_gap_s=pace,
        retry_s=max(0.5, pace),
        reaction_s=plan.reaction_s * REACTION_SHARE,
        min_on_s=20 * pace,
        min_off_s=2 * pace,
    )
    return head + "".join(map(_panel, PANELS)) + "".join(map(_station, roles))


def _panel(panel: Panel) -> str:
    parent = f'parent = "{panel.parent}"\n' if panel.parent else ""
    return PANEL.format(panel=panel, parent=parent)


def _station(role: Role) -> str:
    model = role.model
    evse = f"phases = {model.phases}, max_a = {model.max_a:g}"
    evses = ", ".join(f"{{ id = {number}, {evse} }}" for number in range(1, model.evses + 1))
    return STATION.format(model=model, role=role, evses=evses)
