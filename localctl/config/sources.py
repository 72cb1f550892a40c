"""Where the secrets of a configuration really come from: file, systemd credential, environment, or the text itself.

`filled` gives the same configuration with every secret resolved, and says what is wrong or unwise about it. The systemd
credential of a key has the key's name: `http.token`, `station.CP-7.password`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Final

from localctl.config.files import complaint, readable_by_all
from localctl.config.locate import Path
from localctl.config.model import Config, Station
from localctl.config.problems import Finding, Severity
from localctl.config.secrets import Secret

_MAX_BYTES: Final = 4096
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slot:
    """One secret of the file: its path, its name among systemd's credentials, and what is written for it."""

    path: Path
    credential: str
    inline: Secret | None
    file: FilePath | None

    @property
    def file_path(self) -> Path:
        return (*self.path[:-1], f"{self.path[-1]}_file")


def filled(config: Config, environ: Mapping[str, str]) -> tuple[Config, list[Finding]]:
    """The configuration with its secrets in place, and the findings about them."""
    findings: list[Finding] = []
    http = config.http
    slot = _Slot(path=("http", "token"), credential="http.token", inline=http.token, file=http.token_file)
    token, found = _resolve(slot, environ)
    findings += found
    stations = []
    for index, station in enumerate(config.station):
        station, found = _station(station, index, environ)
        stations.append(station)
        findings += found
    http = http.model_copy(update={"token": token})
    return config.model_copy(update={"http": http, "station": tuple(stations)}), findings


def _station(station: Station, index: int, environ: Mapping[str, str]) -> tuple[Station, list[Finding]]:
    findings: list[Finding] = []
    secrets: dict[str, Secret | None] = {}
    for name, inline, file in (
        ("password", station.password, station.password_file),
        ("upstream_password", station.upstream_password, station.upstream_password_file),
    ):
        credential = f"station.{station.identity}.{name}"
        slot = _Slot(path=("station", index, name), credential=credential, inline=inline, file=file)
        secret, found = _resolve(slot, environ)
        findings += found
        if secret != inline:
            secrets[name] = secret
    return (station.model_copy(update=secrets) if secrets else station), findings


def _resolve(slot: _Slot, environ: Mapping[str, str]) -> tuple[Secret | None, list[Finding]]:
    if slot.file is not None:
        return _from_file(slot, slot.file)
    credential = _credential(slot.credential, environ)
    if credential is not None:
        secret, complaint_text = _read(credential)
        return secret, [Finding(path=slot.path, what=complaint_text)] if complaint_text else []
    if slot.inline is None:
        return None, []
    variable = _VARIABLE.fullmatch(slot.inline.reveal())
    if variable is None:
        what, hint = "is written in the file itself", f"put it into a file and name that as `{slot.path[-1]}_file`"
        return slot.inline, [Finding(path=slot.path, what=what, hint=hint, severity=Severity.WARNING)]
    text = environ.get(variable.group(1), "")
    if not text:
        what = f"the environment variable {variable.group(1)} is not set"
        return None, [Finding(path=slot.path, what=what, at_value=True)]
    return Secret(text), []


def _from_file(slot: _Slot, file: FilePath) -> tuple[Secret | None, list[Finding]]:
    secret, complaint_text = _read(file)
    if complaint_text:
        return secret, [Finding(path=slot.file_path, what=complaint_text, at_value=True)]
    findings = []
    if slot.inline is not None:
        what = f"`{slot.path[-1]}_file` is there too and is used instead"
        findings.append(Finding(path=slot.path, what=what, severity=Severity.WARNING, other=slot.file_path))
    if readable_by_all(file):
        what, hint = f"{file} can be read by every user of this box", "chmod 600"
        warning = Finding(path=slot.file_path, what=what, hint=hint, severity=Severity.WARNING, at_value=True)
        findings.append(warning)
    return secret, findings


def _credential(name: str, environ: Mapping[str, str]) -> FilePath | None:
    folder = environ.get("CREDENTIALS_DIRECTORY", "")
    if not folder or "/" in name:
        return None
    path = FilePath(folder) / name
    try:
        return path if path.is_file() else None
    except PermissionError:
        return path  # it is closed to us, which whoever reads it will say
    except OSError:
        return None  # an identity too long to be anybody's file


def _read(file: FilePath) -> tuple[Secret | None, str]:
    """The first line of the file as a secret, or what is wrong with the file."""
    wrong = complaint(file)
    if wrong:
        return None, wrong
    with file.open("rb") as stream:
        data = stream.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        return None, f"{file} is longer than {_MAX_BYTES} bytes; that is no password"
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None, f"{file} is not UTF-8 text"
    lines = text.splitlines()
    if not lines or not lines[0]:
        return None, f"{file} is empty"
    return Secret(lines[0]), ""
