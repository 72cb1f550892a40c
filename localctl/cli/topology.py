"""`localctl topology [CONFIG]`: the site as the configuration describes it, drawn.

Exit codes: 0 drawn, 1 there is no panel to draw, 78 the configuration is not usable.
"""

import sys
from pathlib import Path
from typing import Literal, assert_never

from localctl.charging.tree.topology import Topology
from localctl.charging.tree.topology_render import as_dot, as_mermaid, as_text
from localctl.charging.tree.topology_render_svg import as_svg
from localctl.cli import BAD_CONFIG, FAILED, OK
from localctl.cli.check import read
from localctl.cli.render import talk
from localctl.config.load import default_file
from localctl.config.report import as_text as told
from localctl.plan_site import topology_of

Format = Literal["tree", "svg", "mermaid", "dot"]


def run(file: Path | None = None, fmt: Format = "tree") -> int:
    """Print the drawing on stdout; what is wrong with the configuration goes to stderr."""
    loaded = read(file or default_file())
    if loaded.problems:
        talk(told(loaded.problems, [loaded.file]))
    if loaded.config is None:
        return BAD_CONFIG
    topology, _ = topology_of(loaded.config)
    if topology is None:
        talk(f"{loaded.file} has no [[panel]]: this box only routes\nhint: `localctl config reference` explains panels")
        return FAILED
    sys.stdout.write(drawn(topology, [one.identity for one in loaded.config.station if one.panel is None], fmt))
    return OK


def drawn(topology: Topology, unplaced: list[str], fmt: Format) -> str:
    """The site in one of the four formats."""
    match fmt:
        case "tree":
            return as_text(topology, unplaced)
        case "svg":
            return as_svg(topology, unplaced=unplaced)
        case "mermaid":
            return as_mermaid(topology, unplaced)
        case "dot":
            return as_dot(topology, unplaced)
        case _ as never:
            assert_never(never)
