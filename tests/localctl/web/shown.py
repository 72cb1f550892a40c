"""Snapshots for the page: a busy site with something in every section, and what a hostile peer would call itself."""

import copy
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from typing import Any

from localctl.observe.health import ServiceState
from localctl.observe.snapshot import (
    CertificateView,
    DeadLetter,
    EventView,
    OutboxQueue,
    OutboxView,
    Snapshot,
    StationView,
)
from tests.localctl.charging.scene import Scene, busy

EVIL = "\"'><script>alert(1)</script><img src=//evil.example/x onerror=alert(2)>{0}{{7*7}}"
DAY_S = 86_400.0


class Tags(HTMLParser):
    """Every start tag of a page with its attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self._words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self._words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._words).split())

    def attributes(self, name: str) -> Iterator[str]:
        return (value or "" for _, attributes in self.seen for key, value in attributes.items() if key == name)


def station(identity: str = "CP1", **changes: Any) -> StationView:
    usual: dict[str, Any] = {
        "identity": identity, "connected": True, "upstream_connected": True, "since_at": 0.0,
        "subprotocol": "ocpp2.0.1", "registration": "Accepted",
    }  # fmt: skip
    return StationView(**(usual | changes))


def event(kind: str = "connected", subject: str = "CP1", *, warns: bool = False, times: int = 1, **facts: str):
    usual = {"version": "ocpp2.0.1"} if kind == "connected" and not facts else facts
    return EventView(number=1, at=0.0, kind=kind, subject=subject, facts=usual, warns=warns, times=times)


@cache
def _usual() -> tuple[float, dict[str, Any]]:
    scene = busy().draws("CP1", 6, 5, 4).draws("CP2", 3, 3, 3).goes_on(5)
    return scene.now, scene.picture()


def full(scene: Scene | None = None, **changes: Any) -> Snapshot:
    """A snapshot with something in every section."""
    now, picture = _usual() if scene is None else (scene.now, scene.picture())
    usual: dict[str, Any] = {
        "version": "1.2.3",
        "state": ServiceState.READY,
        "site": "Harbour",
        "taken_at": now,
        "charging": picture,
        "stations": (station("CP1"), station("CP2"), station("CP3", upstream_connected=False), station("STRAY")),
        "events": (
            event(),
            event("lost", cause="half_dead", warns=True),
            event("refused", "X", cause="policy", status="404", reason="not known", warns=True, times=3),
        ),
        "certificates": (
            CertificateView(use="server_443_1", subject="box.example", ends_at=now + 90 * DAY_S),
            CertificateView(use="upstream_main", subject="box", ends_at=now + 3 * DAY_S),
        ),
        "outbox": OutboxView(
            queues=(OutboxQueue(identity="CP1", waiting=7, oldest_at=now - 60),),
            dead=(DeadLetter(identity="CP2", action="TransactionEvent", at=now - 600, reason="refused three times"),),
            dead_count=1,
        ),
    }
    return Snapshot(**(usual | changes))


def hostile() -> Snapshot:
    """The same snapshot where everything a peer or a file can name is an attack."""
    good = full()
    picture: Any = _poisoned(copy.deepcopy(dict(good.charging)))
    return full(
        site=EVIL,
        version=EVIL,
        reasons=(EVIL,),
        charging=picture,
        stations=(station(EVIL, subprotocol=EVIL, registration=EVIL, last_loss=EVIL), station("STRAY" + EVIL)),
        events=tuple(
            event(kind, EVIL, cause=EVIL, status=EVIL, reason=EVIL)
            for kind in ("refused", "fault", "never heard of " + EVIL)
        ),
        certificates=(CertificateView(use=EVIL, subject=EVIL, ends_at=None),),
        outbox=OutboxView(
            queues=(OutboxQueue(identity=EVIL, waiting=1),),
            dead=(DeadLetter(identity=EVIL, action=EVIL, at=0.0, reason=EVIL),),
            dead_count=1,
        ),
    )


def _poisoned(picture: dict[str, Any]) -> dict[str, Any]:
    for panel in picture["panels"]:
        panel["id"] += EVIL
        panel["parent"] = panel["parent"] and panel["parent"] + EVIL
        for line in panel["phases"].values():
            line["source"] = line["next_source"] = line["other"] = EVIL
    for one in picture["stations"]:
        one["identity"] += EVIL
        one["panel"] += EVIL
        one["protocol"] = one["actuator"] = EVIL
        for evse in one["evses"]:
            for found in filter(None, (evse["binding"], evse["next"])):
                found["source"] = found["node"] = found["phase"] = EVIL
            evse["reason"] = evse["reason"] if evse["reason"] == "row" else EVIL
    for source in picture["external"]:
        source["source"] = source["node"] = source["kind"] = EVIL
    for load in picture["loads"]:
        load["name"] = load["known"] = EVIL
        load["panel"] += EVIL
    return picture


def many(count: int) -> Snapshot:
    """A site of so many stations on two panels."""
    good = full()
    picture: dict[str, Any] = copy.deepcopy(dict(good.charging))
    first = picture["stations"][0]
    picture["stations"] = [copy.deepcopy(first) | {"identity": f"CP{number:03}"} for number in range(count)]
    return full(charging=picture, stations=tuple(station(f"CP{number:03}") for number in range(count)))
