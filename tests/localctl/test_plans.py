"""No key of the file is decoration: whoever changes one changes a value that some part of the box works with.

Each key of each table is given another value in a rich configuration; at least one planned value must then differ.
"""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Literal, get_args, get_origin

import pytest
from pydantic.fields import FieldInfo

from localctl import plan_net
from localctl.config.model import Config, StationSettings
from localctl.config.secrets import Secret
from localctl.config.tables import Table
from localctl.plan import site_plan_of
from tests.localctl.config.files import good

RICH = good("""
[[listen]]
port = 8180
security_profile = 1
[[csms]]
name = "operator"
url = "ws://csms.example"
[defaults]
unknown_stations = "adopt"
adopt_into = "main"
[[panel]]
id = "main"
fuse_a = 63
limit_a = 60
schedule = [{ start = "17:00", end = "20:00", limit_a = 50 }]
[[panel]]
id = "sub"
parent = "main"
fuse_a = 32
[[panel]]
id = "third"
parent = "main"
fuse_a = 16
[[load]]
name = "kitchen"
panel = "main"
kind = "metered"
current_a = 1
[[limit_source]]
name = "ems"
[[station]]
identity = "CP1"
panel = "main"
phase_rotation = "RST"
evses = [{ id = 1, current = "DC", max_w = 5000 }]
[[station]]
identity = "CP2"
panel = "main"
phase_rotation = "RST"
evses = [{ id = 1 }]
""")

ELSEWHERE = {
    "controller.name": r"controller\.name",
    "controller.state_dir": r"controller\.state_dir",
    "controller.log_level": r"controller\.log_level",
    "controller.log_format": r"controller\.log_format",
    "http.address": r"http\.address",
    "http.port": r"http\.port",
    "http.token": r"http\.token",
    "http.socket": r"http\.socket\b",
    "http.socket_users": r"http\.socket_users",
    "http.socket_groups": r"http\.socket_groups",
    **{
        f"outage.{key}": rf"outage\.{key}"
        for key in (
            "unknown_tokens", "token_days", "max_tokens", "replay_per_second", "admission_per_second",
            "admission_burst", "trust_clock", "journal_rows", "journal_mb", "journal_days",
        )
    },
}  # fmt: skip
"""Keys that the composition root hands on itself, and what its text then says."""
JUDGED = {
    "csms.security_profile": "the address decides what is done; `check` makes sure that both agree",
    "csms.allow_insecure": "a promise of the installer that `check` asks for",
    "station.password_file": "read into `password`",
    "station.upstream_password_file": "read into `upstream_password`",
    "http.token_file": "read into `token`",
}
"""Keys whose whole work is done when the file has been read."""
TOP = Path(plan_net.__file__).parent


def other(name: str, value: object, field: FieldInfo) -> object:
    """Another value of the same kind; what is not there becomes there."""
    special = {
        "certificates": ("certificate",), "client_ca_file": Path("ca"), "ca_file": Path("ca"), "serial": "S1",
        "client_cert_file": Path("box"), "client_key_file": Path("box"), "password": Secret("sixteen-letters"),
        "upstream_password": Secret("sixteen-letters"), "password_hash": "scrypt$x", "parent": "sub", "csms": "other",
        "trusted_proxies": ("127.0.0.9",), "phases": "RS", "phase_rotation": "STR", "unknown_stations": "refuse",
        "panel": "sub", "adopt_into": "sub", "days": ("mon",), "fallback_a": {"main": (1.0, 1.0, 1.0)}, "schedule": (),
        "subprotocol": "ocpp1.6", "assume_subprotocol": "ocpp1.6", "preferred": ("ocpp1.6",), "kind": "SO",
        "start": "16:00", "end": "21:00", "time_zone": "Europe/Berlin", "identities": ("X*",), "current": "AC",
    }  # fmt: skip
    if name == "phases" and isinstance(value, tuple):
        return (1,)
    if name == "kind" and value == "metered":
        return "reserved"
    if name == "phases" and value == "measured":
        return "wired"
    if name in special:
        return special[name]
    if name == "limit_a" and value is None:
        return (7.0, 7.0, 7.0)
    if value is None:
        return 1 if "int" in str(field.annotation) else 7.0
    choices = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
    if choices:
        return next(choice for choice in choices if choice != value)
    return changed(value)


def changed(value: object) -> object:
    match value:
        case bool():
            return not value
        case float():
            return value / 2 if value else 1.0
        case int():
            return value + 1
        case str():
            return value + "x"
        case tuple():
            return (*value[:-1], changed(value[-1]))
        case Path():
            return value / "x"
    raise AssertionError(f"how would one change {value!r}?")


def plain(value: object) -> object:
    """Functions in plans are asked about the one station and a stranger; everything else compares by itself."""
    if callable(value) and not isinstance(value, type):
        return [plain(value(identity)) for identity in ("CP2", "stranger")]
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value) if field.name != "graph"}
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else repr(value)


def planned(config: Config) -> object:
    """Everything that any plan makes of a configuration."""
    return [
        plain(plan_net.policies_of(config, lambda *_: True)),
        plain(plan_net.edge_of(config)),
        plain(site_plan_of(config)),
    ]


def tables(config: Config) -> Iterator[tuple[str, Table, tuple[tuple[str, int | None], ...]]]:
    """Every kind of table that can be in the file: its name, the table, and the way to it."""
    for name in Config.model_fields:
        value = getattr(config, name)
        rows = value if isinstance(value, tuple) else (value,)
        table = rows[-1]
        way = ((name, len(rows) - 1 if isinstance(value, tuple) else None),)
        yield name, table, way
        for inner in ("schedule", "evses"):
            source = rows[0]
            if getattr(source, inner, ()):
                yield f"{name}.{inner}", getattr(source, inner)[0], ((name, 0), (inner, 0))


def put(table: Table, way: tuple[tuple[str, int | None], ...], key: str, value: object) -> Table:
    """A copy of the whole with one key changed."""
    if not way:
        return table.model_copy(update={key: value})
    (name, row), *rest = way
    inner = getattr(table, name)
    if row is None:
        return table.model_copy(update={name: put(inner, tuple(rest), key, value)})
    rows = list(inner)
    rows[row] = put(rows[row], tuple(rest), key, value)
    return table.model_copy(update={name: tuple(rows)})


def fresh(config: Table) -> Config:
    """The same without anything it remembers of the configuration it was copied from."""
    return Config.model_construct(**{name: getattr(config, name) for name in Config.model_fields})


CASES = [
    pytest.param(way, key, id=f"{name}.{key}")
    for name, table, way in tables(RICH)
    for key in type(table).model_fields
    if key not in {"schedule", "evses"}
    and f"{name}.{key}" not in {*ELSEWHERE, *JUDGED}
    and f"{name.replace('defaults', 'station')}.{key}" not in JUDGED
]


@pytest.mark.parametrize(("way", "key"), CASES)
def test_a_changed_key_changes_what_the_box_works_with(way, key, monkeypatch):
    monkeypatch.setattr(plan_net, "steady_hash", lambda identity, password: f"hash of {password!r}")
    monkeypatch.setattr(plan_net, "_pair", repr)
    here = RICH
    for name, row in way:
        here = getattr(here, name) if row is None else getattr(here, name)[row]
    value = other(key, getattr(here, key), type(here).model_fields[key])
    with_it = put(RICH, way, key, value)
    for first, second in (("client_cert_file", "client_key_file"), ("client_key_file", "client_cert_file")):
        if key == first:
            before, with_it = put(RICH, way, second, Path("x")), put(with_it, way, second, Path("x"))
            break
    else:
        before = RICH
    assert site_plan_of(fresh(with_it)) is not None
    assert planned(fresh(with_it)) != planned(fresh(before))


def test_the_same_configuration_plans_the_same():
    assert planned(RICH) == planned(fresh(RICH))


@pytest.mark.parametrize("key", ELSEWHERE)
def test_keys_for_the_composition_root_are_read_there(key):
    text = "".join(path.read_text() for path in [*TOP.glob("*.py"), TOP / "cli" / "run.py"])
    assert re.search(ELSEWHERE[key], text)


def test_reasons_are_for_keys_that_exist():
    known = {f"{name}.{key}" for name, table, _ in tables(RICH) for key in type(table).model_fields}
    assert known >= {*ELSEWHERE, *JUDGED}
    assert len(CASES) > 130
    assert {f"station.{key}" for key in StationSettings.model_fields} <= known
