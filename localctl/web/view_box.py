"""What the page shows of the box itself: what happened, what waits for a CSMS, and its certificates.

Rows of words for one reader, as in `view`.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

from localctl.charging.showing.picture_text import place, source, when
from localctl.charging.showing.picture_words import Language
from localctl.observe.snapshot import CertificateView, EventView, Snapshot
from localctl.web.texts import TEXTS, text, word
from localctl.web.told import told

Row = dict[str, Any]
SOON_S: Final = 14 * 86_400
DAY_S: Final = 86_400
OF_PHASES: Final = ("over", "over_over")
"""Events that come once per phase; their subject is a panel and a phase."""


def event_rows(events: tuple[EventView, ...], lang: Language) -> Iterator[Row]:
    """What happened, in sentences, the newest first; what befell several phases at once is one sentence."""
    for _, found in groupby(events, key=_moment):
        alike = list(found)
        event = alike[0]
        key, subject = f"event.{event.kind}", _subject(alike, lang)
        known = text(lang, key, subject=subject, **_facts(event, lang)) if key in TEXTS else f"{event.kind} {subject}"
        yield {
            "at": when(event.at, lang=lang),
            "text": known,
            "warns": event.warns,
            "times": "" if event.times == 1 else text(lang, "events.times", count=event.times),
        }


def _moment(event: EventView) -> tuple[object, ...]:
    if event.kind not in OF_PHASES:
        return (id(event),)  # on its own
    return (event.kind, event.subject.rpartition(" ")[0], round(event.at))


def _subject(alike: list[EventView], lang: Language) -> str:
    first = alike[0]
    if first.kind in OF_PHASES:
        phases = sorted(event.subject.rpartition(" ")[2] for event in alike)
        return f"{first.subject.rpartition(' ')[0]} {', '.join(phases)}"
    name, dot, node = first.subject.partition(" · ")
    return f"{name} · {place(node, lang)}" if dot and first.kind == "source" else first.subject


def _facts(event: EventView, lang: Language) -> dict[str, str]:
    """The event's facts as the reader's language has them; what peers and files say stays as it is."""
    return {name: _fact(event.kind, name, fact, lang) for name, fact in event.facts.items()}


def _fact(kind: str, name: str, fact: str, lang: Language) -> str:
    match name:
        case "cause" | "change" | "registration":
            return word(lang, name, fact)
        case "state":
            return ", ".join(word(lang, "state", one) for one in fact.split(", "))
        case "source":
            return ", ".join(source(one, lang) for one in fact.split(", "))
        case "limit" | "before" if lang == "de":
            return fact.replace(".", ",")
        case "reason" if kind in ("fault", "fault_over"):
            return told(lang, fact)
        case _:
            return fact


def outbox_rows(snapshot: Snapshot, lang: Language) -> Row:
    """What waits for CSMSs that are away, and what will not be sent any more."""
    outbox = snapshot.outbox
    queues = [] if outbox is None else [queue for queue in outbox.queues if queue.waiting]
    return {
        "queues": [
            {
                "identity": queue.identity,
                "waiting": queue.waiting,
                "oldest": when(queue.oldest_at, lang=lang),
                "state": text(lang, "outbox.replaying" if queue.replaying else "outbox.kept"),
            }
            for queue in queues
        ],
        "dead_count": 0 if outbox is None else max(outbox.dead_count, len(outbox.dead)),
        "dead": [
            {"identity": one.identity, "action": one.action, "at": when(one.at, lang=lang), "reason": one.reason}
            for one in (() if outbox is None else outbox.dead)
        ],
    }


def certificate_rows(certificates: tuple[CertificateView, ...], now: float, lang: Language) -> Iterator[Row]:
    """Each certificate with how long it lasts."""
    for one in certificates:
        left_s = None if one.ends_at is None else one.ends_at - now
        key = "unread" if left_s is None else "over" if left_s <= 0 else "soon" if left_s < SOON_S else "good"
        yield {
            "use": _use(one.use, lang),
            "subject": one.subject,
            "ends": when(one.ends_at, lang=lang),
            "good": key == "good",
            "state": text(lang, f"certificates.{key}", left=_left(left_s or 0.0, lang)),
        }


def _use(use: str, lang: Language) -> str:
    """`server_443_2`, as the metric has it: the second certificate for stations on that port."""
    side, _, name = use.partition("_")
    port, _, number = name.rpartition("_")
    if side == "server" and port:
        return text(lang, "certificates.server", port=port) + ("" if number == "1" else f" ({number})")
    return text(lang, "certificates.upstream", name=name) if side == "upstream" else use


def _left(seconds: float, lang: Language) -> str:
    days = int(seconds // DAY_S)
    if days >= 2:
        return text(lang, "left.days", n=days)
    return text(lang, "left.day") if days else text(lang, "left.h", n=max(0, int(seconds // 3600)))
