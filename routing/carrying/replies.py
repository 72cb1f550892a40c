"""Local answers that depend on the request. Fixed ones are in the table itself (`rules`).

Each function gives the JSON text of one CALLRESULT. Nothing is promised in the CSMS's name that only the CSMS can
keep: no cost, no certificate status, no priority (3.15.5).
"""

from typing import NamedTuple

import msgspec

from routing.carrying.desk import Asked, Desk, Unreadable


class Said(NamedTuple):
    """An answer, and whether a transaction goes on with a token that nobody knows."""

    text: str
    unknown_token: bool = False


def boot(_asked: Asked, desk: Desk) -> Said:
    """Accepted: the caller asks only for stations that the CSMS accepted before (B01)."""
    return Said(_json(status="Accepted", currentTime=_time(desk), interval=desk.heartbeat_s))


def heartbeat(_asked: Asked, desk: Desk) -> Said:
    """The time, in whole seconds."""
    return Said(_json(currentTime=_time(desk)))


def authorize(asked: Asked, desk: Desk) -> Said:
    """What the CSMS or its local list said of the token before, else the policy for unknown ones.

    A contract certificate in full asks for a check that the station could not do (C07); nor can the box, so the token
    counts as unknown. Hashes ask whether it was revoked: the token decides, and `certificateStatus` is left out,
    because nothing was checked.
    """
    token = b"" if asked.words("certificate") else asked.json_of("idToken")
    return Said(f'{{"idTokenInfo":{desk.judge(token).info}}}')


def authorize_16(asked: Asked, desk: Desk) -> Said:
    """What the CSMS or its local list said of the idTag before, else the policy for unknown ones."""
    return Said(f'{{"idTagInfo":{desk.judge(asked.json_of("idTag")).info}}}')


def transaction_event(asked: Asked, desk: Desk) -> Said:
    """`idTokenInfo` when the request carries a token, else empty; never a cost (3.15.5)."""
    token = asked.json_of("idToken")
    if not token:
        return Said("{}")
    verdict = desk.judge(token)
    unknown = verdict.accepted and not verdict.known and asked.words("eventType") != "Ended"
    return Said(f'{{"idTokenInfo":{verdict.info}}}', unknown)


def start_transaction(asked: Asked, desk: Desk) -> Said:
    """The verdict on the idTag and the transactionId that was invented here (10.7)."""
    verdict = desk.judge(asked.json_of("idTag"))
    text = f'{{"idTagInfo":{verdict.info},"transactionId":{asked.invented}}}'
    return Said(text, verdict.accepted and not verdict.known)


def stop_transaction(asked: Asked, desk: Desk) -> Said:
    """The verdict on the idTag, if one stopped the transaction."""
    token = asked.json_of("idTag")
    return Said(f'{{"idTagInfo":{desk.judge(token).info}}}' if token else "{}")


def certificate_chain_status(asked: Asked, desk: Desk) -> Said:
    """Every certificate asked about, each `Failed`: nobody here can ask its authority."""
    requests = asked.member("certificateStatusRequests")
    if not isinstance(requests, list) or not requests or not all(isinstance(one, dict) for one in requests):
        raise Unreadable
    answers = [
        {
            "certificateHashData": one.get("certificateHashData"),
            "source": one.get("source"),
            "status": "Failed",
            "nextUpdate": _time(desk),
        }
        for one in requests
    ]
    return Said(_json(certificateStatus=answers))


def vat_number(asked: Asked, desk: Desk) -> Said:
    """Rejected, with the number and EVSE that were asked about."""
    number, evse = asked.member("vatNumber"), asked.member("evseId")
    if not isinstance(number, str):
        raise Unreadable
    return Said(_json(vatNumber=number, status="Rejected", **({} if evse is None else {"evseId": evse})))


def _time(desk: Desk) -> str:
    """Whole seconds: some stations read no fraction (home-assistant ocpp #512)."""
    return desk.time.partition(".")[0].removesuffix("Z") + "Z"


def _json(**members: object) -> str:
    return msgspec.json.encode(members).decode()
