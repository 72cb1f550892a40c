"""The simulated CSMS: admits every station, answers everything, sets and clears profiles when the scenario says so.

It may be `away` for a while. What it wants of a station waits until the station is there and is asked one at a time.
"""

import itertools
import json
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from localctl.simulate.cable import Cable
from localctl.simulate.mail import Mail

Json = dict[str, Any]
VERSIONS: Final = ("ocpp2.1", "ocpp2.0.1", "ocpp1.6")
THINKS_S: Final = 0.02
PATIENCE_S: Final = 60.0
BOOT_INTERVAL_S: Final = 900


class SimCsms:
    """All stations' counterpart. `clock` gives the time it writes into its answers, `away` is an outage."""

    def __init__(self, mail: Mail, stamp: Callable[[], str]) -> None:
        self.away = False
        self.heard = 0
        self.refusals = 0
        """CALLs of ours that a station did not accept."""
        self.on_asking: Callable[[str], None] = lambda _identity: None
        """Told when a station is asked something, and again when it has answered."""
        self._mail, self._stamp = mail, stamp
        self._desks: dict[str, _Desk] = {}
        self._wishes: dict[str, deque[tuple[str, Json]]] = {}
        self._running: dict[tuple[str, int], str | int] = {}
        self._transactions = itertools.count(1)
        self._ids = itertools.count(1)

    def admit(self, identity: str, offer: tuple[str, ...]) -> tuple[str, "_Desk"]:
        """Let a station in."""
        version = next((one for one in VERSIONS if one in offer), VERSIONS[-1])
        desk = self._desks[identity] = _Desk(self, identity, version)
        return version, desk

    def joined(self, identity: str, cable: Cable) -> None:
        """The station's connection is complete."""
        self._desks[identity].cable = cable
        self._ask_next(identity)

    def ask(self, identity: str, action: str, payload: Json) -> None:
        """Send a CALL to a station as soon as it is there and has answered the one before."""
        self._wishes.setdefault(identity, deque()).append((action, payload))
        self._ask_next(identity)

    def version_of(self, identity: str) -> str:
        """The version a station speaks, 2.0.1 for one that never came."""
        desk = self._desks.get(identity)
        return "ocpp2.0.1" if desk is None else desk.version

    def transaction_of(self, identity: str, evse: int) -> str | int | None:
        """The running transaction of an EVSE, as this CSMS knows it."""
        return self._running.get((identity, evse))

    # A desk's calls.

    def take(self, desk: "_Desk", text: str) -> None:
        """A text of a station."""
        self.heard += 1
        match json.loads(text):
            case [2, call_id, action, payload]:
                answer = [3, call_id, self._answer(desk, action, payload)]
                self._mail.after(THINKS_S, partial(desk.say, json.dumps(answer, separators=(",", ":"))))
            case [3, call_id, payload] if call_id == desk.waiting_for:
                self.refusals += payload.get("status", "Accepted") not in ("Accepted", "Unknown")
                self._asked(desk)
            case [4, call_id, *_] if call_id == desk.waiting_for:
                self.refusals += 1
                self._asked(desk)

    def _asked(self, desk: "_Desk") -> None:
        desk.waiting_for = None
        self.on_asking(desk.identity)
        self._wishes[desk.identity].popleft()
        self._ask_next(desk.identity)

    def _ask_next(self, identity: str) -> None:
        desk, wishes = self._desks.get(identity), self._wishes.get(identity)
        if desk is None or desk.cable is None or desk.waiting_for is not None or not wishes:
            return
        action, payload = wishes[0]
        self.on_asking(identity)
        call_id = desk.waiting_for = f"csms-{next(self._ids)}"
        desk.say(json.dumps([2, call_id, action, payload], separators=(",", ":")))
        self._mail.after(PATIENCE_S, partial(self._give_up, desk, call_id))

    def _give_up(self, desk: "_Desk", call_id: str) -> None:
        if desk.waiting_for == call_id:
            self._asked(desk)

    def _answer(self, desk: "_Desk", action: str, payload: Json) -> Json:
        match action:
            case "BootNotification":
                return {"currentTime": self._stamp(), "interval": BOOT_INTERVAL_S, "status": "Accepted"}
            case "Heartbeat":
                return {"currentTime": self._stamp()}
            case "Authorize" if desk.version == "ocpp1.6":
                return {"idTagInfo": {"status": "Accepted"}}
            case "Authorize":
                return {"idTokenInfo": {"status": "Accepted"}}
            case "StartTransaction":
                number = next(self._transactions)
                self._running[desk.identity, payload["connectorId"]] = number
                return {"transactionId": number, "idTagInfo": {"status": "Accepted"}}
            case "TransactionEvent":
                return self._transaction_event(desk, payload)
            case "OpenPeriodicEventStream":
                return {"status": "Accepted"}
            case "DataTransfer":
                return {"status": "UnknownVendorId"}
        return {}

    def _transaction_event(self, desk: "_Desk", payload: Json) -> Json:
        evse = payload.get("evse", {}).get("id")
        if payload["eventType"] == "Ended":
            self._running.pop((desk.identity, evse), None)
        else:
            self._running[desk.identity, evse] = payload["transactionInfo"]["transactionId"]
        return {"idTokenInfo": {"status": "Accepted"}} if "idToken" in payload else {}


class _Desk:
    """One connection of one station: the CSMS's end of a cable."""

    def __init__(self, csms: SimCsms, identity: str, version: str) -> None:
        self.identity, self.version = identity, version
        self.cable: Cable | None = None
        self.waiting_for: str | None = None
        self._csms = csms

    def hear(self, text: str) -> None:
        """A text arrived."""
        self._csms.take(self, text)

    def over(self, why: str) -> None:
        """The connection has ended; what was asked last is asked again over the next one."""
        self.cable, self.waiting_for = None, None

    def say(self, text: str) -> None:
        """Send, if there is still somebody."""
        if self.cable is not None:
            self.cable.say(text)
