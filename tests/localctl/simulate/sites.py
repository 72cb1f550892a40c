"""Small configurations for the tests of the simulation."""

from pathlib import Path

from localctl.config.load import parse

HEAD = """
[[listen]]
address = "127.0.0.1"
port = 8180
security_profile = 1
[[csms]]
name = "simulated"
url = "ws://csms.example"
[site]
time_zone = "Europe/Berlin"
"""


def config(text):
    """A configuration from its panels and stations; the rest is always the same."""
    loaded = parse((HEAD + text).encode(), file="test", folder=Path(), environ={})
    assert loaded.config is not None, loaded.problems
    return loaded.config


def station(identity="CP-1", panel="main", rotation="RST", evses="{ id = 1, phases = 3, max_a = 32 }", more=""):
    return (
        f'[[station]]\nidentity = "{identity}"\npanel = "{panel}"\nphase_rotation = "{rotation}"\n'
        f"evses = [{evses}]\n{more}\n"
    )


SMALL = config('[[panel]]\nid = "main"\nfuse_a = 40\n' + station("CP-1") + station("CP-2", rotation="STR"))
