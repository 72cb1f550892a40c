"""The reference page of all metrics, written from the catalogue: `python -m localctl.observe.reference`."""

from localctl.observe.catalogue import SECTIONS
from localctl.observe.row import Row

HEAD = """# Metrics

Served at `/metrics`, in OpenMetrics where the reader asks for it. This page is written from the table the program
itself uses (`make docs`). Beside these there are the usual `process_*` metrics. The last column names the promise of
the design that the metric watches: P1 invisible, P2 never over the limit, P3 dead man, P4 nothing lost, P5 every limit
explains itself, P6 bad input is survived, P7 no secret leaks.

Labels never carry tokens, transactions, message ids, addresses or error texts. A message id of the last call in a
latency bucket is given as an exemplar (OpenMetrics only).
"""


def reference() -> str:
    """The page as Markdown: one table per section of the catalogue."""
    return "\n".join([HEAD, *(_section(title, rows) for title, rows in SECTIONS.items())])


def _section(title: str, rows: tuple[Row, ...]) -> str:
    lines = [
        f"## {title}",
        "",
        "| metric | kind | labels | what it says | watches |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [f"| `{row.name}` | {row.kind} | {_labels(row)} | {row.help} | {row.watches} |" for row in rows]
    return "\n".join([*lines, ""])


def _labels(row: Row) -> str:
    return "<br>".join(
        f"`{label.name}`" + (": " + ", ".join(label.values) if label.values else "") for label in row.labels
    )


if __name__ == "__main__":
    print(reference(), end="")
