"""P7: a real box is given secrets of every kind, is driven hard at debug level, and gives none of them away.

Each secret is a canary: a text that exists nowhere else. Afterwards everything the box tells is searched for each of
them, as it stands and as base64, hexadecimal and URL-encoded: its log, page, API, metrics, errors, what the commands
print, and the support bundle.
"""

import base64
import json
import subprocess
import sys
import tarfile
from functools import partial
from urllib.parse import quote

import pytest
import trio

from tests.e2e.joined import LOOPBACK, authorization, http_get, joined
from tests.e2e.processes import REPOSITORY

PEM = "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n"
CANARIES = {
    name: f"cnry-{name}/Zq8&x"
    for name in (
        "token", "inline-password", "upstream-password", "header-password", "basic-auth-201", "authorization-key-16",
        "id-token", "id-tag", "parent-tag", "vendor-card", "url-password", "signed-url", "report", "event-token", "vpn",
        "reason", "csms-password", "sim-pin",
    )
}  # fmt: skip
CANARIES["pem"] = base64.b64encode(b"cnry-private-key-material-0123456789" * 2).decode()
SITE = f"""
[[station]]
identity = "CP1"
panel = "main"
phase_rotation = "RST"
evses = [{{ id = 1, phases = 3, max_a = 16 }}]
password = "{CANARIES["inline-password"]}"
upstream_password = "{CANARIES["upstream-password"]}"
[[station]]
identity = "CP2"
panel = "main"
phase_rotation = "RST"
evses = [{{ id = 1, phases = 3, max_a = 16 }}]
outage = "carry"
[[panel]]
id = "main"
fuse_a = 63
"""
PATHS = (
    "/", "/metrics", "/-/ready", "/-/healthy", "/api/v1/state", "/api/v1/site", "/api/v1/outbox", "/api/v1/log",
    "/api/v1/stations/CP1/explain", "/api/v1/stations/CP1/profiles", "/api/v1/nothing", "/stations/CP1", "/?lang=de",
)  # fmt: skip


def of_station():
    """What the stations say."""
    c = CANARIES
    card = {
        "idToken": {
            "idToken": c["id-token"],
            "type": "ISO14443",
            "additionalInfo": [{"additionalIdToken": c["id-token"], "type": "x"}],
        }
    }
    inner = json.dumps({"card": {"idTag": c["vendor-card"]}, "password": c["vendor-card"]})
    started = {
        "eventType": "Started", "timestamp": "2026-01-01T00:00:00Z", "triggerReason": "Authorized", "seqNo": 0,
        "transactionInfo": {"transactionId": "t1"}, "evse": {"id": 1, "connectorId": 1}, **card,
    }  # fmt: skip
    key = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
    report = {**key, "variableAttribute": [{"type": "Actual", "value": c["report"]}]}
    event = {
        "eventId": 1,
        "component": {"name": "TokenReader"},
        "variable": {"name": "Token"},
        "actualValue": c["event-token"],
    }
    yield "CP1", "Authorize", card
    yield "CP1", "TransactionEvent", started
    yield "CP1", "DataTransfer", {"vendorId": "x", "data": inner}
    yield (
        "CP1",
        "NotifyReport",
        {"requestId": 1, "seqNo": 0, "generatedAt": "2026-01-01T00:00:00Z", "reportData": [report]},
    )
    yield "CP1", "NotifyEvent", {"generatedAt": "2026-01-01T00:00:00Z", "seqNo": 0, "eventData": [event]}
    yield "CP2", "Authorize", {"idTag": c["id-tag"]}
    yield "CP2", "StartTransaction", {
        "connectorId": 1, "idTag": c["id-tag"], "meterStart": 0, "timestamp": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    yield (
        "CP2",
        "DataTransfer",
        {"vendorId": "x", "data": "Basic " + base64.b64encode(c["vendor-card"].encode()).decode()},
    )


def of_csms():
    """What the CSMS says."""
    c = CANARIES
    key = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
    yield "CP1", "SetVariables", {"setVariableData": [{**key, "attributeValue": c["basic-auth-201"]}]}
    yield "CP1", "GetLog", {
        "logType": "SecurityLog", "requestId": 1,
        "log": {"remoteLocation": f"ftp://user:{c['url-password']}@files.example/x?sig={c['signed-url']}"},
    }  # fmt: skip
    yield "CP1", "CertificateSigned", {"certificateChain": PEM.format(c["pem"])}
    yield "CP1", "SetNetworkProfile", {
        "configurationSlot": 1,
        "connectionData": {
            "ocppVersion": "OCPP20", "ocppTransport": "JSON", "messageTimeout": 30, "securityProfile": 1,
            "ocppCsmsUrl": f"wss://user:{c['url-password']}@other.example", "ocppInterface": "Wired0",
            "basicAuthPassword": c["csms-password"],
            "apn": {"apn": "x", "apnPassword": c["sim-pin"], "simPin": 1234, "apnAuthentication": "PAP"},
            "vpn": {"server": "v", "user": "u", "password": c["vpn"], "key": c["vpn"], "type": "IPSec"},
        },
    }  # fmt: skip
    yield "CP1", "RequestStartTransaction", {
        "remoteStartId": 1, "idToken": {"idToken": c["id-token"], "type": "ISO14443"},
    }  # fmt: skip
    yield "CP1", "SendLocalList", {
        "versionNumber": 1, "updateType": "Full",
        "localAuthorizationList": [{"idToken": {"idToken": c["id-token"], "type": "ISO14443"}}],
    }  # fmt: skip
    yield "CP2", "ChangeConfiguration", {"key": "AuthorizationKey", "value": c["authorization-key-16"]}
    yield "CP2", "RemoteStartTransaction", {"connectorId": 1, "idTag": c["id-tag"]}


def forms(secret):
    """How a secret may look in what is told."""
    data = secret.encode()
    yield secret
    yield data.hex()
    yield quote(secret, safe="")
    yield quote(secret)
    yield json.dumps(secret)[1:-1]
    for lead in range(3):
        coded = base64.b64encode(b"\0" * lead + data).decode().rstrip("=")
        yield coded[2 * lead + 2 : -2]


def leaks(told, secrets=CANARIES):
    """Where which canary is told."""
    return sorted(
        {f"{name} in {where}" for where, text in told.items() for name, secret in secrets.items()
         if any(form in text for form in forms(secret))}
    )  # fmt: skip


async def command(*words):
    """What a command of ours prints, on both streams."""
    run = partial(
        trio.run_process, [sys.executable, "-m", "localctl", *map(str, words)], check=False, cwd=REPOSITORY,
        capture_stdout=True, stderr=subprocess.STDOUT,
    )  # fmt: skip
    return (await run()).stdout.decode()


async def with_token(site, tmp_path):
    """A reload brings a token for the API, which is then used, rightly and wrongly."""
    file, token = tmp_path / "config.toml", CANARIES["token"]
    file.write_text(file.read_text().replace("[http]", f"[http]\ntoken = '{token}'"))
    told = {"reload": await command("reload", "--socket", tmp_path / "state" / "localctl.sock")}
    assert "http.token" in told["reload"]
    limit = b'{"source": "EMS", "limit_a": 40, "expires_in_s": 900}'
    for name, header in (("right", f"Bearer {token}"), ("wrong", f"Bearer {token}?"), ("basic", f"Basic {token}")):
        stream = await trio.open_tcp_stream(LOOPBACK, site.http_port)
        head = f"PUT /api/v1/limits/main HTTP/1.1\r\nHost: x\r\nAuthorization: {header}\r\nConnection: close\r\n"
        async with stream:
            await stream.send_all(f"{head}Content-Length: {len(limit)}\r\n\r\n".encode() + limit)
            told[f"PUT with a {name} token"] = b"".join([chunk async for chunk in stream]).decode()
    assert told["PUT with a right token"].startswith("HTTP/1.1 200")
    return told


async def drive(site):
    """Both stations talk, the CSMS answers and asks; some of it fails, and the CSMS goes away in the middle."""
    c = CANARIES
    shown = {name: [authorization(name, c["header-password"].encode())] for name in ("CP2", "CP3", "CP9")}
    shown["CP1"] = [authorization("CP1", c["inline-password"].encode())]
    await site.csms.do("refuse", path="/CP3", status=401, body=c["reason"])
    await site.dial("refused", "CP3", "ocpp2.0.1", headers=shown["CP3"])
    await site.station.expect("refused", conn="refused")
    await site.dial("mismatch", f"CP8?token={quote(c['token'])}", "ocpp2.0.1", headers=shown["CP9"])
    await site.station.expect("refused", conn="mismatch")
    for action in ("SetChargingProfile", "ClearChargingProfile", "ChangeAvailability", "TriggerMessage"):
        await site.station.do("reply", by_action={action: '{"status":"Accepted"}'})
    conns = {
        "CP1": await site.open("a", "CP1", "ocpp2.0.1", headers=shown["CP1"]),
        "CP2": await site.open("b", "CP2", "ocpp1.6", headers=shown["CP2"]),
    }
    lower = {"CP1": "a", "CP2": "b"}
    boot = {"chargePointVendor": "v", "chargePointModel": "m"}
    await site.csms.do(
        "reply",
        by_action={
            "BootNotification": json.dumps(
                {"currentTime": "2026-01-01T00:00:00Z", "interval": 300, "status": "Accepted"}
            )
        },
    )
    await site.csms.expect("ready to reply")
    await site.station.do("send", "b", text=json.dumps([2, "boot", "BootNotification", boot]))
    await site.station.expect("frame", conn="b")
    for number, (station, action, payload) in enumerate(of_station()):
        text = json.dumps([2, f"s{number}", action, payload])
        await site.station.do("send", lower[station], text=text)
        await site.csms.expect_frame(text, conn=conns[station])
        if number % 2:
            error = json.dumps([4, f"s{number}", "InternalError", f"idToken {c['reason']}", {"password": c["reason"]}])
            await site.csms.do("send", conns[station], text=error)
            await site.station.expect_frame(error)
        else:
            info = {
                "idTokenInfo": {"status": "Accepted", "groupIdToken": {"idToken": c["parent-tag"], "type": "Local"}}
            }
            answer = json.dumps([3, f"s{number}", info])
            await site.csms.do("send", conns[station], text=answer)
            await site.station.expect_frame(answer)
    for number, (station, action, payload) in enumerate(of_csms()):
        text = json.dumps([2, f"c{number}", action, payload])
        await site.csms.do("send", conns[station], text=text)
        await site.station.expect_frame(text)
        answer = json.dumps([3, f"c{number}", {"status": "Accepted"}])
        await site.station.do("send", lower[station], text=answer)
        await site.csms.expect_frame(answer)
    await site.station.do("send", "a", text=f'[2,"broken","Authorize",{{"idToken":"{c["id-token"]}"')
    await site.csms.do("vanish")
    await site.station.do(
        "send",
        "b",
        text=json.dumps(
            [
                2,
                "late",
                "StopTransaction",
                {"transactionId": 1, "idTag": c["id-tag"], "meterStop": 1, "timestamp": "2026-01-01T00:00:00Z"},
            ]
        ),
    )
    await trio.sleep(1.5)


async def told_by(site, tmp_path):
    """Everything the box tells, by where it is told."""
    told = {}
    for path in PATHS:
        _status, text = await http_get(site.http_port, path)
        told[f"GET {path}"] = text
    config, at = tmp_path / "config.toml", ("--socket", tmp_path / "state" / "localctl.sock")
    for words in (
        ("status", *at), ("status", "--json", *at), ("explain", "CP1", *at), ("profiles", "CP1", *at),
        ("outbox", "list", *at), ("outbox", "list", "--json", *at), ("check", config), ("topology", config),
        ("doctor", config, "--bundle", tmp_path / "bundle.tgz"), ("doctor", config, "--json"),
    ):  # fmt: skip
        told[" ".join(map(str, words))] = await command(*words)
    broken = (
        config.read_text().replace("[[panel]]", "[[panle]]").replace('phase_rotation = "RST"', 'phase_rotation = "X"')
    )
    config.write_text(broken)
    told["check of a broken file"] = await command("check", config)
    told["reload of a broken file"] = await command("reload", *at)
    told["metrics after it"] = (await http_get(site.http_port, "/metrics"))[1]
    with tarfile.open(tmp_path / "bundle.tgz") as tar:
        for member in tar.getmembers():
            told[member.name] = tar.extractfile(member).read().decode()
    told["log"] = "\n".join(site.log)
    return told


async def test_p7_a_run_full_of_canaries_gives_none_of_them_away(tmp_path):
    async with joined(tmp_path, more=SITE, tls_down=True) as site:
        told = await with_token(site, tmp_path)
        await drive(site)
        told |= await told_by(site, tmp_path)
    told["log"] = "\n".join(site.log)
    lines = (tmp_path / "key.pem").read_text().splitlines()[1:-1]
    key = {f"server-key-{number}": line for number, line in enumerate(lines) if len(line) > 20}
    assert key
    assert leaks(told, CANARIES | key) == []
    assert "frame came in" in told["log"]
    assert '"Authorize"' in told["log"].replace("\\", "")
    assert "frame came in" in told["localctl-support/log.txt"]
    assert "CP1" in told[f"status --socket {tmp_path}/state/localctl.sock"]
    assert "things looked at" in told[f"doctor {tmp_path}/config.toml --bundle {tmp_path}/bundle.tgz"]
    assert "unknown" in told["check of a broken file"]


@pytest.mark.parametrize("name", CANARIES)
def test_the_search_finds_each_canary_in_each_form(name):
    """A search that finds nothing proves nothing."""
    secret = CANARIES[name]
    for form in forms(secret):
        assert leaks({"a page": f"...{form}..."}) == [f"{name} in a page"]
    for lead in range(3):
        header = base64.b64encode(b"x" * lead + b"CP1:" + secret.encode() + b"tail").decode()
        assert f"{name} in a header" in leaks({"a header": f"Basic {header}"})
