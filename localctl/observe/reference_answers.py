"""The page of local answers, printed from the table that gives them: `python -m localctl.observe.reference_answers`."""

from routing.carrying.answers import TABLE_HEAD, table_rows

HEAD = """# Answers while the CSMS is away

With `outage = "carry"` the box stands in for a CSMS that cannot be reached, for stations that the CSMS accepted before
and as long as the time is known. This is what a station hears for every request of OCPP 1.6, 2.0.1 and 2.1, and what
is on disk for the CSMS before the station hears it. Printed by `make docs` from the table the program runs by.

What is kept *in order* may be dropped when there is no more room, after every second plain update of a transaction;
what is *never dropped* is not. Tokens are judged by the station's local list, then by what the CSMS answered before,
then by the policy for unknown ones. Signed requests are kept as received; their answers are plain, because the box has
no key to sign in the CSMS's name. A repeated request is answered again and kept once. Requests that are not listed get
`NotImplemented`, those only a CSMS may send `NotSupported`, unreadable ones `FormatViolation` (1.6:
`FormationViolation`).
"""


def page() -> str:
    """The table as Markdown."""
    lines = [TABLE_HEAD, ("---",) * len(TABLE_HEAD), *sorted(map(_cells, table_rows()))]
    return "\n".join([HEAD, *(f"| {' | '.join(line)} |" for line in lines), ""])


def _cells(row: tuple[str, ...]) -> tuple[str, ...]:
    action, versions, answer, *rest = row
    return (f"`{action}`", versions, f"`{answer}`" if answer.startswith("{") else answer, *rest)


if __name__ == "__main__":
    print(page(), end="")
