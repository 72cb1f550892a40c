"""The support bundle of `doctor --bundle`: what somebody far away needs to help, and no secret (P7).

    findings.json   what doctor found             state.json    the running localctl's snapshot
    config.json     the configuration, masked     metrics.txt   its metrics
    problems.txt    what `check` says about it    log.txt       its newest log lines; journald's if it does not run
    versions.txt    program, packages, system     files.txt     names, sizes and ages in the state directory

Everything passes the redaction that the log uses, and last a search for each secret of the configuration, as it stands
and in base64 as a Basic header would carry it.
"""

import base64
import io
import json
import platform
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, Final

from localctl import __version__
from localctl.cli.new_file import OWNER_ONLY, new_file
from localctl.config.model import Config
from localctl.config.problems import is_secret
from localctl.config.secrets import MASK
from localctl.observe.redact import HIDDEN, redact

FOLDER: Final = "localctl-support"
MOST_FILES: Final = 500
JOURNAL: Final = ("journalctl", "--unit=localctl", "--lines=2000", "--no-pager", "--output=short-iso", "--quiet")
JOURNAL_S: Final = 15.0


def write(file: Path, pages: Mapping[str, str], secrets: Iterable[str]) -> None:
    """Write the bundle as a new file that only its owner may read. Raises NotWritten."""
    hide = Scrubber(secrets)
    with new_file(file) as raw, tarfile.open(fileobj=raw, mode="w:gz") as tar:
        for name, text in pages.items():
            data = hide(text).encode("utf-8", "replace")
            entry = tarfile.TarInfo(f"{FOLDER}/{name}")
            entry.size, entry.mtime, entry.mode = len(data), int(time.time()), OWNER_ONLY
            tar.addfile(entry, io.BytesIO(data))


class Scrubber:
    """Takes out each of these secrets wherever it stands, plain or in base64 at any offset."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if len(secret) >= 4 for form in _forms(secret)}
        self._forms = sorted(forms, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """The text without them."""
        for form in self._forms:
            text = text.replace(form, HIDDEN)
        return text


def _forms(secret: str) -> Iterator[str]:
    yield secret
    data = secret.encode()
    for lead in range(3):
        # What stands before the secret shifts base64 by 0 to 2 bytes; only whole characters of it are the same.
        coded = base64.b64encode(b"\0" * lead + data).decode().rstrip("=")
        inside = coded[(lead * 8 + 5) // 6 : len(coded) - (1 if (lead + len(data)) % 3 else 0)]
        if len(inside) >= 4:
            yield inside
    yield data.hex()


def secrets_of(config: Config) -> list[str]:
    """Every secret that this configuration resolves to."""
    stations = [secret for one in config.station for secret in (one.password, one.upstream_password)]
    hashes = [one.password_hash for one in config.station if one.password_hash is not None]
    return [one.reveal() for one in (config.http.token, *stations) if one is not None] + hashes


def config_page(config: Config) -> str:
    """The configuration as it is in force, defaults included, its secrets masked."""
    return json.dumps(masked(config.model_dump(mode="json")), indent=1, ensure_ascii=False)


def masked(fact: Any) -> Any:  # noqa: ANN401 - any JSON value
    """The same without the values of secret keys."""
    if isinstance(fact, dict):
        return {name: MASK if value is not None and is_secret(name) else masked(value) for name, value in fact.items()}
    return [masked(one) for one in fact] if isinstance(fact, list | tuple) else fact


def state_page(state: Mapping[str, object]) -> str:
    """The snapshot without what a log may not show either."""
    return json.dumps(redact(dict(state)), indent=1, ensure_ascii=False)


def log_page(lines: Iterable[str]) -> str:
    """Lines of the log; they were redacted when they were written, and are again."""
    return "".join(f"{redact(line)}\n" for line in lines)


def journal(command: Sequence[str] = JOURNAL) -> list[str]:
    """What journald kept of the service, for when that cannot be asked; nothing where there is no journald."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=JOURNAL_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return done.stdout.splitlines()


def versions_page() -> str:
    """Program, interpreter, system and every installed package."""
    found = sorted({f"{one.metadata['Name']} {one.version}" for one in distributions()})
    release = Path("/etc/os-release")
    head = [f"localctl {__version__}", f"Python {sys.version}", platform.platform()]
    head += [release.read_text(encoding="utf-8", errors="replace")] if release.exists() else []
    return "\n".join([*head, *found]) + "\n"


def files_page(state_dir: Path) -> str:
    """What is in the state directory: names, sizes and ages, no content."""
    try:
        found = sorted(path for path in state_dir.rglob("*") if path.is_file())
        rows = [(path.relative_to(state_dir), path.stat()) for path in found[:MOST_FILES]]
    except OSError as error:
        return f"{state_dir}: {error.strerror}\n"
    now = time.time()
    return "".join(f"{status.st_size:>12}  {now - status.st_mtime:>10.0f} s old  {name}\n" for name, status in rows)
