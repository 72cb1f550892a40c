"""A desk for the tests of local answers, with real authorisations behind it."""

import base64
import json
from itertools import count

from routing.carrying.answers import Desk, Local, Repeats, local_answer
from routing.carrying.authorizations import Authorizations

KEY = b"a key of the tests, 32 bytes long"
NOW = 1_790_000_000.0
TIME = "2026-09-21T13:33:20.123Z"
CSMS = "wss://csms.example/ocpp"


class Clerk:
    """Answers the requests of one station, which speaks `subprotocol`."""

    def __init__(self, subprotocol, *, unknown="reject"):
        self.subprotocol = subprotocol
        self.authorizations = Authorizations(KEY, unknown=unknown)
        self.repeats = Repeats()
        self.numbers = count(1_000_001)
        self.judged = []

    def desk(self):
        return Desk(
            time=TIME,
            heartbeat_s=240,
            identity="CS-1",
            judge=self.judge,
            invent=lambda: next(self.numbers),
            repeats=self.repeats,
        )

    def judge(self, token):
        self.judged.append(token)
        return self.authorizations.verdict(CSMS, "CS-1", self.subprotocol, token, NOW)

    def hear(self, action, payload, message_id="m-1") -> Local:
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return local_answer(self.subprotocol, action, message_id, raw, self.desk())

    def csms_said(self, action, request, answer, *, by_station=True, identity="CS-1"):
        """The CSMS answered (or asked) this before it went away."""
        raw = json.dumps(request).encode(), json.dumps(answer).encode()
        self.authorizations.learn(CSMS, identity, self.subprotocol, by_station, action, *raw, NOW)


def signed(payload):
    """A flattened JWS around a payload."""
    encoded = base64.urlsafe_b64encode(json.dumps(payload).encode()).rstrip(b"=").decode()
    return {"payload": encoded, "protected": "e30", "signature": "c2ln"}
