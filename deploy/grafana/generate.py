"""Writes the JSON that Grafana provisions from the dashboards' descriptions: `python deploy/grafana/generate.py`."""

import json
from pathlib import Path

import board_fleet
import board_routing
import board_site
import board_station
from panels import Json

FOLDER = Path(__file__).parent / "dashboards"
BOARDS = (board_fleet.BOARD, board_site.BOARD, board_station.BOARD, board_routing.BOARD)


def written() -> dict[Path, str]:
    """Every dashboard's file and what belongs into it."""
    return {FOLDER / f"{board['uid'].removeprefix('localctl-')}.json": _text(board) for board in BOARDS}


def _text(board: Json) -> str:
    return json.dumps(board, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write them all anew."""
    for path, text in written().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
