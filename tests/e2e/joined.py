"""A station process, a real localctl process and a CSMS process, joined as on a site.

async with joined(tmp_path) as site:
    conn = await site.open("a", "CP1", "ocpp2.0.1")       # conn is the CSMS's name for the connection
    await site.station.do("send", "a", text='[2,"1","Heartbeat",{}]')
    await site.csms.expect_frame('[2,"1","Heartbeat",{}]', conn=conn)
"""

import base64
import socket
import subprocess
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import unquote

import trio
import trustme

from tests.e2e.processes import REPOSITORY, Peer, peer

KEY = b"sixteen-bytes-or-more"
LOOPBACK = "127.0.0.1"
READY_WITHIN_S = 30


def authorization(identity, password=KEY):
    """The header a station with this password sends."""
    return ["Authorization", "Basic " + base64.b64encode(identity.encode() + b":" + password).decode()]


@dataclass
class Site:
    """The joined parts. `url` is where stations dial, without the path."""

    station: Peer
    csms: Peer
    url: str
    http_port: int
    csms_port: int
    ca: str | None
    log: list = field(default_factory=list)

    async def dial(self, conn, path, *subprotocols, headers=None, **more):
        """Let a station connect; how it goes is reported as `opened`, `refused` or `failed`."""
        identity = unquote(path.partition("?")[0].rpartition("/")[2])
        shown = [authorization(identity)] if headers is None else headers
        how = {"url": f"{self.url}/{path}", "subprotocols": subprotocols, "headers": shown, "ca": self.ca}
        await self.station.do("connect", conn, **how, **more)

    async def open(self, conn, path, *subprotocols, **more):
        """Let a station connect and see it arrive; returns the CSMS's name for its connection."""
        await self.dial(conn, path, *subprotocols, **more)
        arrived = await self.csms.expect("connected", path=f"/{path}")
        await self.station.expect("opened", conn=conn)
        return arrived["conn"]

    async def metrics(self):
        """Prometheus text, as lines."""
        return (await http_get(self.http_port, "/metrics"))[1].splitlines()


@asynccontextmanager
async def joined(tmp_path, *, tls_up=False, csms=None, **box):
    """Start all three. `csms`: options of the scripted CSMS; the rest is for `boxed`."""
    pair = certificates(tmp_path)
    async with peer("csms") as upper, peer("station") as lower:
        await upper.do("listen", **(pair if tls_up else {}), **(csms or {}))
        csms_port = (await upper.expect("listening"))["port"]
        async with boxed(tmp_path, csms_port, tls_up=tls_up, **box) as entrance:
            yield Site(station=lower, csms=upper, csms_port=csms_port, **entrance)


def certificates(folder):
    """Write ca.pem, cert.pem and key.pem for loopback; returns the latter two."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    certificate = authority.issue_cert(LOOPBACK)
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    return {"cert": str(folder / "cert.pem"), "key": str(folder / "key.pem")}


@asynccontextmanager
async def boxed(
    tmp_path, csms_port, *, tls_down=False, tls_up=False, defaults="", csms_lines="", more="", controller=""
):
    """localctl in front of this CSMS port; the strings are lines for parts of config.toml."""
    port, http_port = free_port(), free_port()
    lines = listener(port, tls_down) + (
        f'[[csms]]\nname = "upper"\nurl = "{"wss" if tls_up else "ws"}://{LOOPBACK}:{csms_port}"\n'
        + ('ca_file = "ca.pem"\n' if tls_up else "")
        + f'{csms_lines}\n[defaults]\nunknown_stations = "route"\n{defaults}\n'
    )
    async with box(tmp_path, lines + more, http_port, controller) as log:
        url = f"{'wss' if tls_down else 'ws'}://{LOOPBACK}:{port}"
        yield {"url": url, "http_port": http_port, "ca": str(tmp_path / "ca.pem") if tls_down else None, "log": log}


def listener(port, tls):
    """A listener of security profile 1 or 2."""
    head = f'[[listen]]\naddress = "{LOOPBACK}"\nport = {port}\nsecurity_profile = {2 if tls else 1}\n'
    return head + ('certificates = [{ cert_file = "cert.pem", key_file = "key.pem" }]\n' if tls else "")


@asynccontextmanager
async def box(tmp_path, config, http_port, controller=""):
    """A `localctl run` with this configuration until the block ends; it has to become ready and to end cleanly."""
    own = f'[controller]\nstate_dir = "{tmp_path}/state"\nlog_format = "logfmt"\nlog_level = "debug"\n{controller}\n'
    own += f'[http]\naddress = "{LOOPBACK}"\nport = {http_port}\n'
    (tmp_path / "config.toml").write_text(own + config)
    command = [sys.executable, "-m", "localctl", "run", str(tmp_path / "config.toml")]
    run = partial(trio.run_process, command, check=False, cwd=REPOSITORY)
    log = []
    async with trio.open_nursery() as nursery:
        process = await nursery.start(partial(run, stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
        nursery.start_soon(read_lines, process.stdout, log)
        try:
            await ready(http_port, process, log)
            yield log
        except BaseException:
            print("localctl said last:", *log[-40:], sep="\n  ")
            raise
        finally:
            process.terminate()
            with trio.move_on_after(15, shield=True):
                await process.wait()
            nursery.cancel_scope.cancel()
    assert process.returncode == 0, log[-20:]


async def read_lines(stream, log):
    """Keep what the process logs."""
    rest = b""
    async for chunk in stream:
        *lines, rest = (rest + chunk).split(b"\n")
        log += [line.decode() for line in lines]


async def ready(http_port, process, log):
    """Wait for GET /-/ready to answer 200."""
    with trio.move_on_after(READY_WITHIN_S):
        while process.poll() is None:
            status, _ = await http_get(http_port, "/-/ready")
            if status == 200:
                return
            await trio.sleep(0.05)
    raise AssertionError("localctl did not become ready:\n" + "\n".join(log[-20:]))


async def http_get(port, path):
    """Status and body of a GET; (None, "") while nobody answers."""
    try:
        stream = await trio.open_tcp_stream(LOOPBACK, port)
    except OSError:
        return None, ""
    async with stream:
        await stream.send_all(f"GET {path} HTTP/1.1\r\nHost: {LOOPBACK}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join([chunk async for chunk in stream]).decode()
    head, _, body = answer.partition("\r\n\r\n")
    return int(head.split()[1]), body


def free_port():
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]
