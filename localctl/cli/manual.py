"""The manual made from the commands themselves: a man page (deploy/man/localctl.1) and a Markdown page (docs/cli.md).

Both results are committed and a test compares them with what this module makes, so neither can drift from `--help`.

    python -m localctl.cli.manual man > deploy/man/localctl.1
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

import typer

from localctl import __version__
from localctl.cli import EXIT_CODES, OK, USAGE
from localctl.cli.main import app

ENVIRONMENT: Final[Mapping[str, str]] = {
    "LOCALCTL_SOCKET": "The running localctl's Unix socket, as --socket.",
    "LOCALCTL_URL": "The address of an [http] port to ask instead, as --url.",
    "LOCALCTL_TOKEN": "The token of that [http] table; over the socket none is needed.",
    "NO_COLOR": "When set to anything, nothing is coloured.",
}
FILES: Final[Mapping[str, str]] = {
    "./config.toml, /etc/localctl/config.toml": "The configuration, where none is named.",
    "/run/localctl/localctl.sock": "The Unix socket of the service; without systemd it is in the state directory.",
    "/var/lib/localctl": "The state directory.",
}
_HIDDEN: Final = frozenset({"help", "install_completion", "show_completion"})
_INTRO: Final = """# The command line

This page is generated from `localctl --help`. Data goes to stdout, everything else to stderr. The running localctl is
reached over its Unix socket, where the kernel says who asks: root, the service's own user and, under systemd, its group
may; others are named as `socket_users` and `socket_groups` in the `[http]` table. An `[http]` port may be asked instead
(`--url`); there whatever changes something needs the token.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One command: how it is called, what it does, and what may be given to it."""

    name: str
    usage: str
    text: str
    options: tuple[tuple[str, str], ...]


def entries() -> list[Entry]:
    """Every command that does something, in alphabetical order."""
    return sorted(_below("localctl", typer.main.get_command(app)), key=lambda entry: entry.name)


def _below(name: str, command: Any) -> Iterator[Entry]:  # noqa: ANN401 - typer's own kind of click command
    inner = getattr(command, "commands", {})
    if not inner:
        yield _entry(name, command)
    for each, one in inner.items():
        yield from _below(f"{name} {each}", one)


def _entry(name: str, command: Any) -> Entry:  # noqa: ANN401
    params = [one for one in command.params if one.name not in _HIDDEN]
    words = ["[OPTIONS]"] if any(one.param_type_name == "option" for one in params) else []
    words += [_argument(one) for one in params if one.param_type_name == "argument"]
    options = tuple((_called(one), _help(one)) for one in params)
    text = "\n\n".join(" ".join(part.split()) for part in command.help.split("\n\n"))
    return Entry(name=name, usage=" ".join([name, *words]), text=text, options=options)


def _argument(param: Any) -> str:  # noqa: ANN401
    word = (param.metavar or param.name.upper()) + ("..." if param.nargs == -1 else "")
    return word if param.required else f"[{word}]"


def _called(param: Any) -> str:  # noqa: ANN401
    if param.param_type_name == "argument":
        return _argument(param)
    names = ", ".join([*param.opts, *param.secondary_opts])
    if param.is_flag:
        return names
    if isinstance(param.default, Enum):
        return f"{names} {'|'.join(str(one.value) for one in type(param.default))}"
    return f"{names} {param.metavar or param.opts[0].lstrip('-').replace('-', '_').upper()}"


def _help(param: Any) -> str:  # noqa: ANN401
    default = param.default.value if isinstance(param.default, Enum) else param.default
    shown = f" Default: {default}." if isinstance(default, str | int | float) and default not in ("", False) else ""
    return f"{param.help}{shown}"


def man() -> str:
    """The manual page in man(7) macros, without a date so that it changes only when the commands do."""
    lines = [f'.TH LOCALCTL 1 "" "localctl {__version__}" "User Commands"', ".SH NAME"]
    lines += [
        r"localctl \- OCPP Local Controller for site gateways",
        ".SH SYNOPSIS",
        ".B localctl",
        r"COMMAND [OPTIONS]",
    ]
    lines += [".SH DESCRIPTION", _roff(str(app.info.help)), ".SH COMMANDS"]
    for entry in entries():
        lines += [f".SS {_roff(entry.usage)}", *_paragraphs(entry.text)]
        lines += _listed(entry.options)
    for head, facts in (("ENVIRONMENT", ENVIRONMENT), ("FILES", FILES)):
        lines += [f".SH {head}", *_listed(tuple(facts.items()))]
    lines += [".SH EXIT STATUS", *_listed(tuple((str(code), text) for code, text in EXIT_CODES.items()))]
    return "\n".join([*lines, ".SH SEE ALSO", r"localctl docs (the documentation, offline)"]) + "\n"


def _listed(facts: tuple[tuple[str, str], ...]) -> Iterator[str]:
    for name, text in facts:
        yield from (".TP", f".B {_roff(name)}", _roff(text))


def _paragraphs(text: str) -> Iterator[str]:
    for number, part in enumerate(text.split("\n\n")):
        if number:
            yield ".PP"
        yield _roff(part)


def _roff(text: str) -> str:
    """Text in which nothing is a macro or an escape; a line may not begin with a control character."""
    text = " ".join(text.split()).replace("\\", r"\e").replace("-", r"\-").replace("`", "")
    return rf"\&{text}" if text.startswith((".", "'")) else text


def markdown() -> str:
    """The same for localctl/docs/cli.md."""
    parts = [_INTRO]
    for entry in entries():
        parts += [f"## `{entry.usage}`\n", entry.text + "\n"]
        if entry.options:
            parts += ["| | |\n| --- | --- |\n" + _rows(entry.options)]
    parts += ["## Environment\n", "| | |\n| --- | --- |\n" + _rows(tuple(ENVIRONMENT.items()))]
    codes = tuple((str(code), text) for code, text in EXIT_CODES.items())
    parts += ["## Exit codes\n", "| code | |\n| --- | --- |\n" + _rows(codes)]
    return "\n".join(parts)


def _rows(facts: tuple[tuple[str, str], ...]) -> str:
    return "".join(f"| `{_cell(name)}` | {_cell(text)} |\n" for name, text in facts)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


FORMS: Final[Mapping[str, Callable[[], str]]] = {"man": man, "markdown": markdown}


def main(words: list[str]) -> int:
    """Print the manual in one of its forms."""
    if len(words) != 1 or words[0] not in FORMS:
        print(f"usage: python -m localctl.cli.manual {'|'.join(FORMS)}", file=sys.stderr)
        return USAGE
    print(FORMS[words[0]](), end="")
    return OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
