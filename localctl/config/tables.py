"""What all tables of config.toml are made of: the strict base class, the key helper and the shared value types.

A key is a pydantic field. Its docstring is the reference text, `x-unit` and `x-reload` go with it into the JSON schema,
so editors, the Markdown reference and a reload all read the same line of code. Types are strict: `"32"` is not
a number, because a silent conversion hides the next slip.
"""

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

Reload = Literal["live", "reconnect", "restart"]
"""What a changed key needs: nothing, a new connection of those it concerns, or a restart of the service."""


class Table(BaseModel):
    """One table of the file: no unknown keys, no conversions, no infinities, never changed after reading."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
        validate_default=True,
    )


def key(default: Any = ..., *, unit: str = "", reload: Reload = "reconnect", **rules: Any) -> Any:  # noqa: ANN401
    """A key with its default, unit and what a change of it needs; `rules` are pydantic's (ge, le, max_length …)."""
    extra: dict[str, Any] = {"x-reload": reload} | ({"x-unit": unit} if unit else {})
    return Field(default, json_schema_extra=extra, **rules)


def _beside_the_file(path: Path, info: ValidationInfo) -> Path:
    """Relative paths start at the folder of the configuration file, wherever the program was started."""
    folder = (info.context or {}).get("folder")
    return path if folder is None else Path(folder) / path.expanduser()


def _as_three(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (value, value, value)
    return tuple(value) if isinstance(value, list) else value


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _as_conductors(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return tuple(range(1, value + 1)) if 1 <= value <= 3 else (value,)
    return _as_tuple(value)


def _clock(text: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d|24:00", text):
        raise PydanticCustomError("clock", 'needs a time of day like "17:00"')
    return text


def _ip_address(text: str) -> str:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        raise PydanticCustomError("ip_address", "needs an IP address") from None
    return text


File = Annotated[Path, Field(strict=False), AfterValidator(_beside_the_file)]
"""A file name; relative ones start at the folder of the configuration file."""

Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\s\x00-\x1f/]+$")]
"""A short name without spaces or slashes (it becomes a metric label and a part of URLs)."""

Text = Annotated[str, Field(min_length=1, max_length=255)]

Amps = Annotated[float, Field(ge=0, le=6300)]
"""Amperes per phase."""

PerPhase = Annotated[
    tuple[Amps, Amps, Amps],
    BeforeValidator(_as_three),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": 6300},
                {
                    "type": "array",
                    "items": {"type": "number", "minimum": 0, "maximum": 6300},
                    "minItems": 3,
                    "maxItems": 3,
                },
            ]
        }
    ),
]
"""Amperes on L1, L2, L3: one number for all three, or an array of three."""

Conductors = Annotated[
    tuple[Annotated[int, Field(ge=1, le=3)], ...],
    BeforeValidator(_as_conductors),
    Field(min_length=1, max_length=3),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": 3},
                {
                    "type": "array",
                    "items": {"type": "integer", "minimum": 1, "maximum": 3},
                    "minItems": 1,
                    "maxItems": 3,
                    "uniqueItems": True,
                },
            ]
        }
    ),
]
"""Conductors of a station: how many, counted from 1, or which ones (`[2]` is the second alone)."""

Watts = Annotated[float, Field(ge=0, le=10_000_000)]

ClockTime = Annotated[str, AfterValidator(_clock), Field(json_schema_extra={"pattern": r"^\d\d:\d\d$"})]
"""A local time of day such as "17:00"; "24:00" is the end of the day."""

IpAddress = Annotated[str, AfterValidator(_ip_address)]
"""An IPv4 or IPv6 address, no host name."""

Port = Annotated[int, Field(ge=1, le=65535)]

AsTuple = BeforeValidator(_as_tuple)
"""TOML has arrays only; the model keeps tuples so that nobody can change them."""
