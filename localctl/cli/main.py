"""Every command, its options and its help. What a command does is in a module of its own, loaded when it is called.

So `localctl version` and shell completion are quick, and a box without a demo still runs. Each command's module has a
`run` that returns an exit code; nothing below prints a traceback with local variables, which could hold secrets (P7).
"""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from localctl.cli import EXIT_CODES, FAILED, INTERRUPTED
from localctl.cli.operate import operate_app
from localctl.cli.options import USUAL_FILE, AsJson, Socket, TokenFile, Url, at

app = typer.Typer(
    name="localctl",
    help="OCPP Local Controller: routes every station's messages to its CSMS and keeps the site inside its fuses. "
    "Start with `localctl docs quick-start`.",
    epilog="Exit codes: " + " ".join(f"**{code}** {text}" for code, text in EXIT_CODES.items()),
    rich_markup_mode="markdown",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
config_app = typer.Typer(no_args_is_help=True, help="A configuration to start from, its schema and its reference.")
password_app = typer.Typer(no_args_is_help=True, help="Passwords of stations.")
limit_app = typer.Typer(no_args_is_help=True, help="Limits from outside, as an EMS sets them.")
app.add_typer(operate_app)
app.add_typer(config_app, name="config")
app.add_typer(password_app, name="password")
app.add_typer(limit_app, name="limit")

Node = Annotated[str, typer.Argument(help="A panel's id or a station's identity.")]


def _print_version(asked: bool) -> None:
    if asked:
        version()


@app.callback()
def options(
    _version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print localctl's version.")
    ] = False,
) -> None:
    """Options of no command: `main`'s `app` has the help."""


class Format(StrEnum):
    """How `check` tells its findings."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


class Drawing(StrEnum):
    """How `topology` draws the site."""

    TREE = "tree"
    SVG = "svg"
    MERMAID = "mermaid"
    DOT = "dot"


@app.command()
def run(
    config: Annotated[Path | None, typer.Argument(help=USUAL_FILE)] = None,
    last_good: Annotated[
        bool, typer.Option("--last-good", help="A file with mistakes: start with the copy of the last good one.")
    ] = False,
) -> None:
    """Run the controller in the foreground until SIGTERM or Ctrl-C. SIGHUP reloads the configuration."""
    from localctl.cli import run as command

    raise typer.Exit(command.run(config, last_good=last_good))


@app.command()
def check(
    files: Annotated[list[Path] | None, typer.Argument(help=USUAL_FILE)] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail too, with exit code 3.")] = False,
    fmt: Annotated[Format, typer.Option("--format", help="How findings are told.")] = Format.TEXT,
) -> None:
    """Find every mistake in a configuration without starting anything. Exit code 78 when it is invalid."""
    from localctl.cli import check as command

    raise typer.Exit(command.run(files or (), strict, fmt.value))


@app.command()
def demo(
    duration_s: Annotated[float, typer.Option("--duration", min=5, help="Seconds until it ends by itself.")] = 60.0,
    fast: Annotated[bool, typer.Option("--fast", help="The same in twelve seconds.")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Lines instead of a live table.")] = False,
) -> None:
    """Run a small CSMS, an EMS, twelve stations and localctl between them on loopback; needs no configuration.

    Exit code 0: every message arrived as it was sent, every station came back after the CSMS's outage, no fuse was
    overdrawn and the EMS's limits were followed.
    """
    from localctl.cli import demo as command

    raise typer.Exit(command.run(duration_s=duration_s, fast=fast, plain=plain))


@app.command()
def simulate(
    config: Annotated[Path | None, typer.Argument(help=USUAL_FILE)] = None,
    scenario: Annotated[Path | None, typer.Option(help="What happens (TOML); without it an ordinary workday.")] = None,
    faults: Annotated[bool, typer.Option("--faults", help="A day on which everything goes wrong.")] = False,
    seed: Annotated[int, typer.Option(help="What chance decides: the same number, the same day.")] = 1,
    hours: Annotated[float | None, typer.Option(min=0.1, max=168, help="How long the day is.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write a page with plots to this file.")] = None,
    period_s: Annotated[float, typer.Option("--period", min=1, max=300, help="Seconds between control cycles.")] = 60.0,
) -> None:
    """Run a day of the site in seconds: the real controller, simulated stations, cars, CSMS and EMS.

    Exit code 1 when a fuse or a limit was overdrawn by the controller's fault.
    """
    from localctl.cli import simulate as command

    if scenario is not None and (faults or hours is not None):
        raise typer.BadParameter("a scenario has its own faults and hours: leave out --faults and --hours")
    raise typer.Exit(
        command.run(config, scenario=scenario, faults=faults, seed=seed, hours=hours, report=report, period_s=period_s)
    )


@app.command()
def status(
    socket: Socket = None,
    url: Url = "",
    as_json: Annotated[bool, typer.Option("--json", help="The whole state as JSON.")] = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Again every two seconds until Ctrl-C.")] = False,
) -> None:
    """Ask the running localctl how it is. Exit code 69 when none runs, 1 when it is not ready."""
    from localctl.cli import status as command

    raise typer.Exit(command.run(url=at(url, socket), as_json=as_json, watch=watch))


@app.command()
def composite(
    file: Annotated[Path | None, typer.Argument(help="JSON file with profiles; standard input if none.")] = None,
) -> None:
    """Compute the composite schedule of charging profiles that are in a file; needs no station and no localctl.

    A request, or each of an array of them, is an object like {"protocol": "ocpp2.0.1", "start": "2026-01-01T00:00:00Z",
    "duration_s": 3600, "unit": "A", "evseId": 1, "profiles": [{"evseId": 1, "profile": {...}}]}, each profile as OCPP
    writes it. The answer is a line with "periods", or with an "error" that names the member.
    """
    from localctl.cli import composite as command

    raise typer.Exit(command.run(file))


@app.command()
def topology(
    config: Annotated[Path | None, typer.Argument(help=USUAL_FILE)] = None,
    fmt: Annotated[Drawing, typer.Option("--format", help="How the site is drawn.")] = Drawing.TREE,
) -> None:
    """Draw the site's panels, loads and stations. Exit code 1 when the configuration has no panel."""
    from localctl.cli import topology as command

    raise typer.Exit(command.run(config, fmt.value))


@app.command()
def explain(
    place: Annotated[
        str, typer.Argument(metavar="STATION[/EVSE]", help="A station, one EVSE of it like CP1/2, or a panel.")
    ],
    socket: Socket = None,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Say why a station has its amperes, which limit binds, since and until when, and what would bind next."""
    from localctl.cli import explain as command

    raise typer.Exit(command.run(place, url=at(url, socket), as_json=as_json))


@app.command()
def profiles(
    station: Annotated[str | None, typer.Argument(help="A station's identity.")] = None,
    panel: Annotated[str | None, typer.Option(help="Instead of a station: a panel; the main one is the site.")] = None,
    hours: Annotated[int | None, typer.Option(min=1, max=168, help="How far ahead; 4, for a panel 24.")] = None,
    socket: Socket = None,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Show the charging profiles on a station, whose they are, and the composite schedule they make; or a panel's."""
    from localctl.cli import profiles as command

    if (station is None) == (panel is None):
        raise typer.BadParameter("name a station, or a panel with --panel")
    if panel is not None:
        raise typer.Exit(command.run_panel(panel, url=at(url, socket), hours=hours or 24, as_json=as_json))
    raise typer.Exit(command.run(station or "", url=at(url, socket), hours=hours or 4, as_json=as_json))


@limit_app.command("set")
def limit_set(
    node: Node,
    amps: Annotated[str | None, typer.Option(help="Amperes per phase: 16, or 16,16,10 for L1, L2, L3.")] = None,
    watts: Annotated[float | None, typer.Option(help="Watts in total.")] = None,
    lasts: Annotated[str, typer.Option("--for", help="How long it holds: 90s, 15m, 2h, 1d.")] = "15m",
    source: Annotated[str, typer.Option(help="In whose name: EMS, SO, Other, or a [[limit_source]].")] = "EMS",
    token_file: TokenFile = None,
    socket: Socket = None,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Limit a panel or a station for some time, and show what is in force then."""
    from localctl.cli import limits as command

    raise typer.Exit(
        command.put(
            node, amps=amps, watts=watts, lasts=lasts, source=source, url=at(url, socket), token_file=token_file,
            as_json=as_json,
        )
    )  # fmt: skip


@limit_app.command("clear")
def limit_clear(
    node: Node,
    source: Annotated[str | None, typer.Option(help="Only what this source said.")] = None,
    token_file: TokenFile = None,
    socket: Socket = None,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Take limits from outside back."""
    from localctl.cli import limits as command

    raise typer.Exit(command.clear(node, source=source, url=at(url, socket), token_file=token_file, as_json=as_json))


@app.command()
def version() -> None:
    """Print localctl's version."""
    from localctl.cli import version as command

    raise typer.Exit(command.run())


@config_app.command("schema")
def config_schema() -> None:
    """Print the JSON schema of the configuration, for editors."""
    from localctl.cli import config as command

    raise typer.Exit(command.schema())


@config_app.command("reference")
def config_reference() -> None:
    """Print the reference of the configuration as Markdown."""
    from localctl.cli import config as command

    raise typer.Exit(command.reference())


@config_app.command("init")
def config_init(
    file: Annotated[Path, typer.Argument(help="A new file; `-` prints it.")] = Path("config.toml"),
    stations: Annotated[int, typer.Option(min=1, max=1000, help="How many stations to list.")] = 2,
    csms: Annotated[str, typer.Option(help="The CSMS's address, ws:// or wss://.")] = "wss://csms.example",
) -> None:
    """Write a commented configuration to start from; it asks nothing and overwrites nothing."""
    from localctl.cli import starter as command

    raise typer.Exit(command.run(file, stations=stations, csms=csms))


@password_app.command("hash")
def password_hash() -> None:
    """Read a password (typed, or one line of standard input) and print its hash for `password_hash`."""
    from localctl.cli import password as command

    raise typer.Exit(command.run())


def main() -> None:
    """Run the command line and end the process with its exit code."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader of a pipe had enough. Without this the interpreter complains about it once more at its end.
        sys.stdout = None
        sys.exit(FAILED)
