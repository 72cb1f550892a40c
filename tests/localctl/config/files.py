"""Short configurations for the tests of this folder."""

from pathlib import Path

from localctl.config.load import Loaded, parse

ROUTER = """
[[listen]]
port = 8180
security_profile = 1
[[csms]]
name = "operator"
url = "wss://csms.example"
[defaults]
unknown_stations = "route"
"""


def read(text: str, *, folder: Path = Path("/site"), environ: dict[str, str] | None = None) -> Loaded:
    """A configuration from its text, with no environment unless one is given."""
    return parse(text.encode(), file="config.toml", folder=folder, environ=environ or {})


def good(text: str, **options):
    """The configuration of a text that must be usable."""
    loaded = read(text, **options)
    assert loaded.config is not None, loaded.problems
    return loaded.config


def whats(loaded: Loaded) -> list[str]:
    """What is wrong, in the order of the file."""
    return [problem.what for problem in loaded.problems]
