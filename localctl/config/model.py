"""The whole of config.toml as one typed value, and the questions others ask it.

    config.station_of("cp-1")     the table of a station, upper and lower case alike; None when it is not in the file
    config.settings("CP-1")       how to treat it: its own keys, else its CSMS's, else those of [defaults]
    config.csms_of("CP-1")        the CSMS it belongs to, or None

A station's own table shows pydantic's defaults for keys that it does not set: always ask `settings`.

Tables are in `model_net`, `model_station` and `model_site`; this module joins them. What concerns more than one table
is checked in `crosscheck`, because such a mistake has two places in the file.
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Annotated

from pydantic import ConfigDict, Field

from localctl.config.model_net import Certificate, Controller, Csms, Http, Listen
from localctl.config.model_outage import Outage
from localctl.config.model_site import Charging, LimitSource, Load, Panel, ScheduledLimit, Site
from localctl.config.model_station import Defaults, Evse, Station, StationSettings
from localctl.config.tables import AsTuple, Table

__all__ = [
    "Certificate",
    "Charging",
    "Config",
    "Controller",
    "Csms",
    "Defaults",
    "Evse",
    "Http",
    "LimitSource",
    "Listen",
    "Load",
    "Outage",
    "Panel",
    "ScheduledLimit",
    "Site",
    "Station",
    "StationSettings",
]


class Config(Table):
    """The configuration of one controller. `load` insists on a listener and a CSMS."""

    model_config = ConfigDict(json_schema_extra={"required": ["listen", "csms"]})

    controller: Controller = Field(default_factory=Controller)
    """The box itself."""
    listen: Annotated[tuple[Listen, ...], AsTuple] = Field((), max_length=32)
    """Addresses where stations arrive."""
    csms: Annotated[tuple[Csms, ...], AsTuple] = Field((), max_length=100)
    """CSMSs, first match wins."""
    defaults: Defaults = Field(default_factory=Defaults)
    """What holds for every station."""
    outage: Outage = Field(default_factory=Outage)
    """While a CSMS is away."""
    http: Http = Field(default_factory=Http)
    """Metrics, health, status page, API."""
    site: Site = Field(default_factory=Site)
    """The site as a whole."""
    panel: Annotated[tuple[Panel, ...], AsTuple] = Field((), max_length=1000)
    """Distribution panels."""
    station: Annotated[tuple[Station, ...], AsTuple] = Field((), max_length=20_000)
    """Stations."""
    load: Annotated[tuple[Load, ...], AsTuple] = Field((), max_length=1000)
    """Other consumers."""
    limit_source: Annotated[tuple[LimitSource, ...], AsTuple] = Field((), max_length=100)
    """Who may limit the site from outside."""
    charging: Charging = Field(default_factory=Charging)
    """How quickly and how often currents change."""

    @cached_property
    def stations_by_identity(self) -> Mapping[str, Station]:
        """Stations by case-folded identity (1.1.3)."""
        return {station.identity.casefold(): station for station in self.station}

    def station_of(self, identity: str) -> Station | None:
        """The table of a station, upper and lower case alike, or None when it is not in the file."""
        return self.stations_by_identity.get(identity.casefold())

    @property
    def carries(self) -> bool:
        """Whether any station stays connected while its CSMS is away."""
        listed = any(self.settings(station.identity).outage == "carry" for station in self.station)
        return listed or self.defaults.outage == "carry"

    def csms_of(self, identity: str) -> Csms | None:
        """The CSMS a station belongs to: the one it names, else the first whose patterns match."""
        station = self.station_of(identity)
        if station is not None and station.csms is not None:
            return next((csms for csms in self.csms if csms.name == station.csms), None)
        return next((csms for csms in self.csms if takes(csms, identity)), None)

    def settings(self, identity: str) -> StationSettings:
        """How a station is treated: its own keys, else its CSMS's call_timeout_s, else `[defaults]`."""
        station, csms = self.station_of(identity), self.csms_of(identity)
        values = {name: getattr(self.defaults, name) for name in StationSettings.model_fields}
        if csms is not None and csms.call_timeout_s is not None:
            values["call_timeout_s"] = csms.call_timeout_s
        if station is not None:
            values |= {name: getattr(station, name) for name in values.keys() & station.model_fields_set}
        return StationSettings.model_construct(**values)


def takes(csms: Csms, identity: str) -> bool:
    """Whether one of the CSMS's patterns matches the identity, upper and lower case alike."""
    return any(fnmatchcase(identity.casefold(), pattern.casefold()) for pattern in csms.identities)
