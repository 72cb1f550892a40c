"""What differs between two configurations, and what each difference needs.

    changes(old, new)               every difference with its effect, for the log
    reconnects(old, new, stations)  those that must come in anew for it to hold, and nobody else
    waiting(running, new)           what holds only after a restart of the service

Elements of arrays of tables are compared by their name (identity, id, name, address and port), not by their row, so
that a station inserted at the top of the file does not look like a change of all. Secrets are compared and not shown.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from pydantic.fields import FieldInfo

from localctl.config.model import Config, Station, StationSettings
from localctl.config.problems import is_secret, printable
from localctl.config.secrets import MASK, Secret
from localctl.config.tables import Reload, Table

_NAMED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "listen": ("address", "port"),
    "csms": ("name",),
    "panel": ("id",),
    "station": ("identity",),
    "load": ("name",),
    "limit_source": ("name",),
    "evses": ("id",),
    "certificates": ("cert_file",),
}
_ADDED: Final[Mapping[str, Reload]] = {"csms": "live", "station": "reconnect"}
_IN_SETTINGS: Final = frozenset(StationSettings.model_fields)
_WHOM: Final = frozenset({"identities", "call_timeout_s", "retry_min_s", "retry_range_s", "retry_repeats", "hold_s"})
"""Keys of a CSMS that say whom it concerns, are in the station's settings already, or concern the next arrival only."""
_WEIGHT: Final[tuple[Reload, ...]] = ("live", "reconnect", "restart")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference. `old` and `new` are texts for people; None for what was or is not there."""

    path: str
    old: str | None
    new: str | None
    effect: Reload

    def __str__(self) -> str:
        return f"{self.path}: {self.old or 'nothing'} -> {self.new or 'nothing'} ({self.effect})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reloaded:
    """What came of a reload. A file that was not taken changes nothing."""

    taken: bool
    changes: tuple[Change, ...] = ()
    """What differs from the configuration before."""
    waiting: tuple[str, ...] = ()
    """Keys whose new values hold after a restart only, those of earlier reloads too."""
    reason: str = ""
    """Why it was not taken."""
    mistakes: str = ""
    """What is wrong with the file, and warnings about it, as `check` tells them."""


def changes(old: Config, new: Config) -> list[Change]:
    """Every difference, in the order of the file's tables."""
    return list(_tables("", old, new))


def worst(found: list[Change]) -> Reload:
    """What is needed for all of them together."""
    return max((change.effect for change in found), key=_WEIGHT.index, default="live")


def reconnects(old: Config, new: Config, connected: Iterable[str]) -> list[str]:
    """Those of the connected stations that must come in anew, because what differs is fixed while they are connected.

    So must a station that was listed and would now be refused. All others stay, whatever else has changed.
    """
    return [
        identity
        for identity in connected
        if _dropped(old, new, identity) or _connection(old, identity) != _connection(new, identity)
    ]


def _dropped(old: Config, new: Config, identity: str) -> bool:
    refused = new.defaults.unknown_stations == "refuse" and new.station_of(identity) is None
    return refused and old.station_of(identity) is not None


def waiting(running: Config, new: Config) -> list[str]:
    """The keys whose new values hold after a restart only; `running` is what the process was started with."""
    keys = [change.path for change in changes(running, new) if change.effect == "restart"]
    return keys if bool(running.panel) == bool(new.panel) else [*keys, "panel"]


def _connection(config: Config, identity: str) -> tuple[object, ...]:
    """All that is fixed about a station's two connections while they last."""
    station, csms = config.station_of(identity), config.csms_of(identity)
    return (
        _fixed(station or Station.model_construct(), but=_IN_SETTINGS | {"identity"}),
        _fixed(config.settings(identity)),
        None if csms is None else _fixed(csms, but=_WHOM),
    )


def _fixed(table: Table, but: frozenset[str] = frozenset()) -> list[object]:
    fields = type(table).model_fields.items()
    return [getattr(table, name) for name, field in fields if name not in but and _effect(field) == "reconnect"]


def _tables(path: str, old: Table, new: Table) -> Iterator[Change]:
    for name, field in type(new).model_fields.items():
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield from _values(f"{path}.{name}" if path else name, name, before, after, field)


def _values(path: str, name: str, before: Any, after: Any, field: FieldInfo) -> Iterator[Change]:  # noqa: ANN401
    if isinstance(before, Table) and isinstance(after, Table):
        yield from _tables(path, before, after)
    elif _holds_tables(before) or _holds_tables(after):
        yield from _rows(path, name, before, after)
    else:
        yield Change(path=path, old=_shown(name, before), new=_shown(name, after), effect=_effect(field))


def _holds_tables(value: object) -> bool:
    return isinstance(value, tuple) and any(isinstance(item, Table) for item in value)


def _rows(path: str, name: str, before: tuple[Table, ...], after: tuple[Table, ...]) -> Iterator[Change]:
    old, new = _by_name(name, before), _by_name(name, after)
    for row in [*old, *(row for row in new if row not in old)]:
        here = f"{path}[{printable(row)}]"
        if row not in new:
            yield Change(path=here, old="there", new=None, effect=_ADDED.get(name, "live"))
        elif row not in old:
            yield Change(path=here, old=None, new="there", effect=_ADDED.get(name, "live"))
        else:
            yield from _tables(here, old[row], new[row])
    if name == "csms" and [*old] != [*new] and {*old} == {*new}:
        yield Change(path=path, old=", ".join(old), new=", ".join(new), effect="live")


def _by_name(name: str, tables: tuple[Table, ...]) -> dict[str, Table]:
    """Rows by what names them; rows of tables without a name are told apart by their place."""
    keys = _NAMED_BY.get(name, ())
    named = {}
    for index, table in enumerate(tables):
        row = ":".join(str(getattr(table, key)) for key in keys) or str(index)
        named[row.casefold() if name == "station" else row] = table
    return named


def _effect(field: FieldInfo) -> Reload:
    extra = field.json_schema_extra
    return cast("Reload", extra["x-reload"]) if isinstance(extra, dict) and "x-reload" in extra else "restart"


def _shown(name: str, value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, Secret) or is_secret(name):
        return MASK
    return printable(_written(value), 80)


def _written(value: object) -> str:
    """A value in the words of the file: true, 63, [63, 63, 50]; texts without their quotes."""
    match value:
        case bool():
            return str(value).lower()
        case float():
            return f"{value:.12g}"
        case tuple():
            return f"[{', '.join(map(_written, value))}]"
        case _:
            return str(value)
