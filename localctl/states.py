"""The page of all state machines, drawn from the tables the program runs by: `python -m localctl.states`."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

from localctl.charging.commissioning import stages
from localctl.charging.dispatching import capability, pacing
from localctl.observe.health import Health
from routing import link_states
from routing.carrying import carry
from routing.diagram import mermaid

HEAD = """# State machines

Drawn from the tables the program itself runs by (`make docs`). A move that is not in its table is a bug of ours and
says so.
"""
MACHINES: dict[str, tuple[str, Mapping[tuple[Any, Any], Enum]]] = {
    "A link": ("One arrival of one station, from its request until both legs are gone.", link_states.MOVES),
    "A conversation": ("Who answers the station: its CSMS, the box, or both while kept messages go up.", carry.MOVES),
    "An actuator": ("By which kind of profile a station can be limited, and how sure that is.", capability.MOVES),
    "A written schedule": ("What became of the last order of one place at a station.", pacing.MOVES),
    "A commissioning": ("One station that an installer tries out, step by step.", stages.MOVES),
    "The box": ("Whether stations may be sent here.", Health.MOVES),
}


def page() -> str:
    """All machines as Markdown with Mermaid diagrams."""
    sections = (
        f"## {name}\n\n{text}\n\n```mermaid\n{mermaid(moves)}\n```\n" for name, (text, moves) in MACHINES.items()
    )
    return "\n".join([HEAD, *sections])


if __name__ == "__main__":
    print(page(), end="")
