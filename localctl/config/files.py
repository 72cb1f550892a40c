"""The files, users and groups that a configuration names: are they there, readable, and what they should be?

Certificates and keys are loaded once into a throw-away TLS context, so that a key that does not fit its certificate is
found by `localctl check` and not by the first station at night.
"""

import grp
import pwd
import ssl
import stat
from collections.abc import Iterator
from pathlib import Path as FilePath

from localctl.config.locate import Path
from localctl.config.model import Config
from localctl.config.problems import Finding, Severity, printable

_HERE = "relative names start at the folder of the configuration file"


def complaint(file: FilePath) -> str:
    """Why this file cannot be used, or nothing."""
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            return f"{file} is not a file"
        with file.open("rb"):
            return ""
    except FileNotFoundError:
        return f"no such file: {file}"
    except PermissionError:
        return f"{file} may not be read by this user"
    except OSError as error:
        return f"{file}: {error.strerror or type(error).__name__}"
    except ValueError:
        return "is not a possible file name"


def readable_by_all(file: FilePath) -> bool:
    """Whether every user of the box may read it."""
    return bool(file.stat().st_mode & stat.S_IROTH)


def check_files(config: Config) -> Iterator[Finding]:
    """Certificates, keys and certificate authorities: missing, unreadable, not fitting."""
    for number, listen in enumerate(config.listen):
        for index, pair in enumerate(listen.certificates):
            here: Path = ("listen", number, "certificates", index)
            yield from _pair((*here, "cert_file"), pair.cert_file, (*here, "key_file"), pair.key_file)
        if listen.client_ca_file is not None:
            yield from _authorities(("listen", number, "client_ca_file"), listen.client_ca_file)
    for number, csms in enumerate(config.csms):
        if csms.ca_file is not None:
            yield from _authorities(("csms", number, "ca_file"), csms.ca_file)
        if csms.client_cert_file is not None and csms.client_key_file is not None:
            names: tuple[Path, Path] = (("csms", number, "client_cert_file"), ("csms", number, "client_key_file"))
            yield from _pair(names[0], csms.client_cert_file, names[1], csms.client_key_file)


def check_people(config: Config) -> Iterator[Finding]:
    """Users and groups that this box does not have: nobody gets in by their names."""
    for key, names, known in (
        ("socket_users", config.http.socket_users, pwd.getpwnam),
        ("socket_groups", config.http.socket_groups, grp.getgrnam),
    ):
        for number, name in enumerate(names):
            try:
                known(name)
            except KeyError:
                what = f'this box has no {key.removeprefix("socket_").removesuffix("s")} "{printable(name)}"'
                yield Finding(path=("http", key, number), what=what, severity=Severity.WARNING, at_value=True)


def _pair(cert_path: Path, cert: FilePath, key_path: Path, key: FilePath) -> Iterator[Finding]:
    missing = [*_there(cert_path, cert), *_there(key_path, key)]
    yield from missing
    if missing:
        return
    if readable_by_all(key):
        what, hint = f"{key} can be read by every user of this box", "chmod 600"
        yield Finding(path=key_path, what=what, hint=hint, severity=Severity.WARNING, at_value=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(cert, key, password=lambda: b"")
    except ssl.SSLError as error:
        what, hint = _tls_words(error, cert, key)
        yield Finding(path=key_path, what=what, hint=hint, at_value=True, other=cert_path)


def _tls_words(error: ssl.SSLError, cert: FilePath, key: FilePath) -> tuple[str, str]:
    if error.reason == "KEY_VALUES_MISMATCH":
        return f"{key} is not the key of {cert}", "take the key that the certificate was requested with"
    if error.reason in {"EE_KEY_TOO_SMALL", "CA_MD_TOO_WEAK", "CA_KEY_TOO_SMALL"}:
        return f"{cert} is too weak", "RSA from 2048 bits, EC from 256 bits, SHA-256 (A00.FR.501)"
    words = f"{cert} and {key} cannot be used together"
    return words, "both must be PEM text, the certificate first of its chain, the key without a pass phrase"


def _authorities(path: Path, file: FilePath) -> Iterator[Finding]:
    missing = list(_there(path, file))
    yield from missing
    if missing:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=file)
    except ssl.SSLError:
        what, hint = f"{file} holds no certificate", "it must be PEM text, one certificate after the other"
        yield Finding(path=path, what=what, hint=hint, at_value=True)


def _there(path: Path, file: FilePath) -> Iterator[Finding]:
    wrong = complaint(file)
    if wrong:
        yield Finding(path=path, what=wrong, hint=_HERE if wrong.startswith("no such") else "", at_value=True)
