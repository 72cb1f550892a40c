"""The load: a CSMS and N stations in one process on one epoll loop, both ends of whatever stands between them.

Takes orders line by line and prints one JSON line with what it saw after each. Roles talk raw bytes (see frames.py).
`closed`: each station sends its next CALL as soon as the last is answered. `paced`: an open loop, each station at its
own even beat; a CALL that falls due while the last one is unanswered waits for it, and its waiting counts.
"""

import argparse
import errno
import json
import resource
import selectors
import socket
import ssl
import sys
import time
from collections import Counter, deque

from frames import take_frame, text_frame, upgrade_answer, upgrade_request

BOOT = '[2,"{id}","BootNotification",{{"reason":"PowerUp","chargingStation":{{"model":"B","vendorName":"Bench"}}}}]'
EVENT = (
    '[2,"{id}","TransactionEvent",{{"eventType":"Updated","timestamp":"2026-01-01T00:00:00Z","triggerReason":'
    '"MeterValuePeriodic","seqNo":{seq},"transactionInfo":{{"transactionId":"0b5c1a52-aaaa"}},"meterValue":[{{"timestamp":'
    '"2026-01-01T00:00:00Z","sampledValue":[{{"value":16.1,"measurand":"Current.Import","phase":"L1"}}]}}]}}]'
)
BOOT_ANSWER = '{"currentTime":"2026-01-01T00:00:00Z","interval":300,"status":"Accepted"}'
PATIENCE_S = 60.0


class Peer:
    """One socket with what has come in and what could not go out yet."""

    def __init__(self, sock: socket.socket, role: str) -> None:
        self.sock, self.role = sock, role
        self.buffer, self.unsent = bytearray(), bytearray()
        self.open = False
        self.name, self.seq, self.sent_at = "", 0, 0.0
        self.booted = False
        self.waits = False
        self.owed: deque[float] = deque()


class Load:
    """Runs the peers for a while and counts."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.selector = selectors.EpollSelector()
        self.latencies: list[float] = []
        self.round_trips = self.booted = 0
        self.errors: Counter[str] = Counter()
        self.measuring = self.closed = False
        self.stations: list[Peer] = []
        self.tls = None
        if args.tls:
            self.tls = ssl.create_default_context(cafile=args.tls)
            self.tls.check_hostname = False

    def listen(self) -> None:
        sock = socket.create_server(("127.0.0.1", self.args.csms_port), backlog=4096)
        sock.setblocking(False)
        self.selector.register(sock, selectors.EVENT_READ, None)
        self.listener = sock

    def connect(self, number: int) -> Peer:
        sock = socket.socket()
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        code = sock.connect_ex(("127.0.0.1", self.args.port))
        if code not in (0, errno.EINPROGRESS):
            raise OSError(code, "connect")
        peer = Peer(sock, "connecting")
        peer.name = f"CS{number:04d}"
        self.selector.register(sock, selectors.EVENT_WRITE, peer)
        self.stations.append(peer)
        return peer

    def write(self, peer: Peer, data: bytes) -> None:
        if not peer.unsent:
            try:
                sent = peer.sock.send(data)
            except (BlockingIOError, ssl.SSLWantWriteError):
                sent = 0
            if sent == len(data):
                return
            data = data[sent:]
        peer.unsent += data
        self.selector.modify(peer.sock, selectors.EVENT_READ | selectors.EVENT_WRITE, peer)

    def flush(self, peer: Peer) -> None:
        try:
            sent = peer.sock.send(peer.unsent)
        except (BlockingIOError, ssl.SSLWantWriteError):
            return
        del peer.unsent[:sent]
        if not peer.unsent:
            self.selector.modify(peer.sock, selectors.EVENT_READ, peer)

    def lose(self, peer: Peer, why: str) -> None:
        self.errors[f"{peer.role} {peer.name}: {why}"] += 1
        self.drop(peer)

    def drop(self, peer: Peer) -> None:
        self.selector.unregister(peer.sock)
        peer.sock.close()
        peer.role = "gone"

    def send_call(self, peer: Peer, owed_since: float = 0.0) -> None:
        template = EVENT if peer.booted else BOOT
        peer.seq += 1
        text = template.format(id=f"{peer.name}-{peer.seq}", seq=peer.seq)
        peer.waits, peer.sent_at = True, owed_since or time.perf_counter()
        self.write(peer, text_frame(text.encode(), from_client=True))

    def advance_connect(self, peer: Peer) -> None:
        if peer.role == "connecting":
            if self.tls:
                peer.sock = self.rewrap(peer)
            peer.role = "handshaking"
        if peer.role == "handshaking":
            if isinstance(peer.sock, ssl.SSLSocket) and not self.tls_done(peer):
                return
            peer.role = "station"
            self.selector.modify(peer.sock, selectors.EVENT_READ, peer)
            self.write(peer, upgrade_request(peer.name))

    def rewrap(self, peer: Peer) -> ssl.SSLSocket:
        self.selector.unregister(peer.sock)
        sock = self.tls.wrap_socket(peer.sock, do_handshake_on_connect=False)
        self.selector.register(sock, selectors.EVENT_READ | selectors.EVENT_WRITE, peer)
        return sock

    def tls_done(self, peer: Peer) -> bool:
        try:
            peer.sock.do_handshake()
        except ssl.SSLWantReadError:
            self.selector.modify(peer.sock, selectors.EVENT_READ, peer)
            return False
        except ssl.SSLWantWriteError:
            self.selector.modify(peer.sock, selectors.EVENT_WRITE, peer)
            return False
        return True

    def on_ready(self, peer: Peer, mask: int) -> None:
        try:
            if peer.role in ("connecting", "handshaking"):
                return self.advance_connect(peer)
            if mask & selectors.EVENT_WRITE and peer.unsent:
                self.flush(peer)
            if mask & selectors.EVENT_READ:
                self.read(peer)
        except (OSError, ssl.SSLError) as error:
            self.lose(peer, str(error))
        return None

    def read(self, peer: Peer) -> None:
        while True:
            try:
                data = peer.sock.recv(65536)
            except (BlockingIOError, ssl.SSLWantReadError):
                return
            if not data:
                return self.lose(peer, "the relay hung up")
            peer.buffer += data
            self.digest(peer)
            if len(data) < 65536 and not isinstance(peer.sock, ssl.SSLSocket):
                return None

    def digest(self, peer: Peer) -> None:
        if not peer.open:
            end = peer.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(peer.buffer[: end + 4])
            del peer.buffer[: end + 4]
            if peer.role == "csms" and b"sec-websocket-key" not in head.lower():
                return self.drop(peer)  # somebody else's visit, not a relay's
            if peer.role == "csms":
                self.write(peer, upgrade_answer(head))
            elif not head.startswith(b"HTTP/1.1 101"):
                return self.lose(peer, f"refused with {head.splitlines()[0].decode()}")
            peer.open = True
            if peer.role == "station":
                self.send_call(peer)
        while (frame := take_frame(peer.buffer)) is not None:
            opcode, payload = frame
            if opcode == 9:
                self.write(peer, text_frame(payload, from_client=peer.role == "station", opcode=10))
            elif opcode == 8:
                return self.lose(peer, f"closed with {payload!r}")
            elif opcode == 1:
                (self.answer if peer.role == "csms" else self.answered)(peer, payload)
        return None

    def answer(self, peer: Peer, payload: bytes) -> None:
        _, message_id, rest = payload.split(b'"', 2)
        body = BOOT_ANSWER if rest.startswith(b',"Boot') else "{}"
        self.write(peer, text_frame(b'[3,"%s",%s]' % (message_id, body.encode()), from_client=False))

    def answered(self, peer: Peer, payload: bytes) -> None:
        now = time.perf_counter()
        if payload.split(b'"', 2)[1] != f"{peer.name}-{peer.seq}".encode():
            self.errors[f"station {peer.name}: an answer to another CALL"] += 1
        peer.waits = False
        if not peer.booted:
            peer.booted = True
            self.booted += 1
            if not self.measuring:
                return
        elif self.measuring:
            self.round_trips += 1
            self.latencies.append(now - peer.sent_at)
        if peer.owed:
            self.send_call(peer, peer.owed.popleft())
        elif self.closed:
            self.send_call(peer)

    def turn(self, timeout: float) -> None:
        for key, mask in self.selector.select(timeout):
            if key.data is None:
                self.accept_all()
            else:
                self.on_ready(key.data, mask)

    def accept_all(self) -> None:
        while True:
            try:
                sock, _ = self.listener.accept()
            except BlockingIOError:
                return
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.selector.register(sock, selectors.EVENT_READ, Peer(sock, "csms"))

    def storm(self) -> float:
        """Connect all at once; seconds until the last BootNotification is answered."""
        started = time.perf_counter()
        for number in range(self.args.stations):
            self.connect(number)
        while self.booted < self.args.stations and time.perf_counter() - started < 60 and not self.errors:
            self.turn(0.05)
        return time.perf_counter() - started

    def connect_gently(self) -> None:
        until = time.perf_counter() + PATIENCE_S
        for number in range(self.args.stations):
            self.connect(number)
            while self.booted + 20 < number and time.perf_counter() < until:
                self.turn(0.05)
        while self.booted < self.args.stations and time.perf_counter() < until:
            self.turn(0.05)

    def start(self) -> float:
        self.measuring, self.round_trips = True, 0
        self.latencies.clear()
        return time.perf_counter()

    def drain(self) -> None:
        """Until every CALL is answered; one that never is counts as an error."""
        self.measuring = self.closed = False
        until = time.perf_counter() + PATIENCE_S
        while time.perf_counter() < until and any(peer.waits for peer in self.stations if peer.role != "gone"):
            self.turn(0.05)
        for peer in self.stations:
            if peer.waits and peer.role != "gone":
                self.errors[f"station {peer.name}: no answer"] += 1

    def run_closed(self) -> float:
        started = self.start()
        self.closed = True
        for peer in self.stations:
            self.send_call(peer)
        while (left := started + self.args.seconds - time.perf_counter()) > 0:
            self.turn(min(left, 0.05))
        return time.perf_counter() - started

    def run_paced(self) -> float:
        """Open loop: stations take turns so that the whole sends at an even rate."""
        started = self.start()
        step = self.args.pace / len(self.stations)
        due, turn = started, 0
        while time.perf_counter() < started + self.args.seconds:
            while due <= time.perf_counter():
                peer = self.stations[turn % len(self.stations)]
                if peer.waits:
                    peer.owed.append(due)
                else:
                    self.send_call(peer)
                turn, due = turn + 1, due + step
            self.turn(max(0.0, min(due - time.perf_counter(), 0.05)))
        return time.perf_counter() - started


def main() -> None:
    """Read orders line by line on stdin: so the bench can look at the relay between the phases."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True, help="where stations connect")
    parser.add_argument("--csms-port", type=int, required=True)
    parser.add_argument("--stations", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument(
        "--pace", type=float, default=1.0, help="seconds between the CALLs of one station in the open loop"
    )
    parser.add_argument("--tls", default="", help="CA file: stations speak TLS")
    load = Load(parser.parse_args())
    load.listen()
    print(json.dumps({"listening": True}), flush=True)
    for line in sys.stdin:
        order = line.strip()
        report: dict[str, object] = {}
        if order == "storm":
            report["seconds"] = load.storm()
        elif order == "connect":
            load.connect_gently()
        elif order == "idle":
            until = time.perf_counter() + load.args.seconds
            while time.perf_counter() < until:
                load.turn(0.05)
        elif order in ("closed", "paced"):
            before = resource.getrusage(resource.RUSAGE_SELF)
            report["seconds"] = load.run_closed() if order == "closed" else load.run_paced()
            after = resource.getrusage(resource.RUSAGE_SELF)
            report["own_cpu_s"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            ordered = sorted(load.latencies) or [0.0]
            report["p50_us"] = ordered[len(ordered) // 2] * 1e6
            report["p99_us"] = ordered[int(len(ordered) * 0.99)] * 1e6
            report["round_trips"] = load.round_trips
            load.drain()
        else:
            return
        report |= {"errors": load.errors.total(), "booted": load.booted, "faults": load.errors.most_common(10)}
        print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main()
