"""Options and arguments that several commands share, each with its help."""

from pathlib import Path
from typing import Annotated

import typer

USUAL_FILE = "Configuration file; without one ./config.toml, else /etc/localctl/config.toml."

Url = Annotated[
    str, typer.Option(envvar="LOCALCTL_URL", help="Ask an [http] port instead of the socket: http://127.0.0.1:9180.")
]
Socket = Annotated[
    Path | None,
    typer.Option(
        envvar="LOCALCTL_SOCKET",
        help="The running localctl's Unix socket; without it those of the files in this folder and the service's.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="The answer as JSON.")]
TokenFile = Annotated[
    Path | None, typer.Option(help="File with the token of the [http] table; without it $LOCALCTL_TOKEN.")
]


def at(url: str, socket: Path | None) -> str:
    """Where to ask, from the two options: --socket goes before --url."""
    return url if socket is None else f"unix:{socket}"
