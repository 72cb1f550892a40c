"""The commands of those who operate a box, with their options and help: reload, commission, doctor, outbox, docs, init.

`main` adds them to its own; what each does is in a module of its own, loaded when it is called.
"""

from pathlib import Path
from typing import Annotated

import typer

from localctl.cli.options import USUAL_FILE, AsJson, Socket, TokenFile, Url, at

operate_app = typer.Typer()
outbox_app = typer.Typer(no_args_is_help=True, help="What waits for a CSMS that is away, and what no CSMS would take.")
operate_app.add_typer(outbox_app, name="outbox")
Letter = Annotated[int, typer.Argument(min=1, metavar="ID", help="A dead letter's number, as `outbox list` shows it.")]


@operate_app.command()
def reload(token_file: TokenFile = None, socket: Socket = None, url: Url = "", as_json: AsJson = False) -> None:
    """Let the running localctl read its configuration again, as SIGHUP does; shows what changed and what that needs.

    Exit code 78 when the file cannot be used: its mistakes are shown and the old configuration goes on.
    """
    from localctl.cli import reload as command

    raise typer.Exit(command.run(url=at(url, socket), token_file=token_file, as_json=as_json))


@operate_app.command()
def commission(
    station: Annotated[str, typer.Argument(help="A station's identity.")],
    evse: Annotated[int | None, typer.Option(min=1, help="Which EVSE; without it the one with a car.")] = None,
    dead_man: Annotated[
        bool, typer.Option("--dead-man", help="Fall silent instead, and measure the fall to its failsafe current.")
    ] = False,
    car: Annotated[bool, typer.Option(help="Without a car nothing that needs a current is tried.")] = True,
    links: Annotated[bool, typer.Option(help="Try how it comes back when its connection ends.")] = True,
    car_within_s: Annotated[float, typer.Option("--wait", min=0, max=3600, help="Seconds to wait for a car.")] = 300.0,
    token_file: TokenFile = None,
    socket: Socket = None,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Try a station out: what it takes, follows and ignores; prints its card and what to add to the configuration.

    It never gets more than the site gives it. Ctrl-C stops it and brings ordinary control back. Exit code 1 when
    something was found bad or could not be tried.
    """
    from localctl.cli import commission as command

    raise typer.Exit(
        command.run(
            station, evse=evse, dead_man=dead_man, car=car, links=links, car_within_s=car_within_s, url=at(url, socket),
            token_file=token_file, as_json=as_json,
        )
    )  # fmt: skip


@operate_app.command()
def doctor(
    config: Annotated[Path | None, typer.Argument(help=USUAL_FILE)] = None,
    bundle: Annotated[
        Path | None, typer.Option(help="Also write a support bundle (tar.gz) without any secret to this new file.")
    ] = None,
    station: Annotated[
        str | None,
        typer.Option(
            "--as", metavar="STATION", help="Ask the CSMS as this station, with the password set for it here."
        ),
    ] = None,
    socket: Socket = None,
    url: Url = "",
    as_json: AsJson = False,
) -> None:
    """Look for what is wrong with this box and around it: clock, names, ports, certificates, CSMS, meters, disk.

    Each finding says what, where and what to do. Exit code 1 when a fault was found.
    """
    from localctl.cli import doctor as command

    raise typer.Exit(command.run(config, station=station, bundle=bundle, socket=socket, url=url, as_json=as_json))


@operate_app.command()
def docs(
    words: Annotated[
        list[str] | None, typer.Argument(help="A page, or words to look for; without any the list of pages.")
    ] = None,
) -> None:
    """Show the documentation that is shipped with localctl. Words that are no page are looked for in all of them."""
    from localctl.cli import docs as command

    raise typer.Exit(command.run(" ".join(words or ()) or None))


@outbox_app.command("list")
def outbox_list(socket: Socket = None, url: Url = "", as_json: AsJson = False) -> None:
    """Show how much waits for each station's CSMS, and every dead letter with its last error."""
    from localctl.cli import outbox as command

    raise typer.Exit(command.rows(url=at(url, socket), as_json=as_json))


@outbox_app.command("show")
def outbox_show(number: Letter, token_file: TokenFile = None, socket: Socket = None, url: Url = "") -> None:
    """Show one dead letter with its whole message. It may hold card tokens."""
    from localctl.cli import outbox as command

    raise typer.Exit(command.show(number, url=at(url, socket), token_file=token_file))


@outbox_app.command("export")
def outbox_export(
    file: Annotated[Path, typer.Argument(help="A new file; only its owner may read it.")],
    token_file: TokenFile = None,
    socket: Socket = None,
    url: Url = "",
) -> None:
    """Write every dead letter to a file, one JSON object per line. They may hold card tokens."""
    from localctl.cli import outbox as command

    raise typer.Exit(command.export(file, url=at(url, socket), token_file=token_file))


@outbox_app.command("retry")
def outbox_retry(number: Letter, token_file: TokenFile = None, socket: Socket = None, url: Url = "") -> None:
    """Let a dead letter wait for the CSMS again, behind what waits already."""
    from localctl.cli import outbox as command

    raise typer.Exit(command.change("retry", number, url=at(url, socket), token_file=token_file))


@outbox_app.command("drop")
def outbox_drop(number: Letter, token_file: TokenFile = None, socket: Socket = None, url: Url = "") -> None:
    """Forget a dead letter for good."""
    from localctl.cli import outbox as command

    raise typer.Exit(command.change("drop", number, url=at(url, socket), token_file=token_file))
