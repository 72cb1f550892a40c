"""A real localctl under attack: what it counts, how much memory it takes, and a witness that is served meanwhile.

async with besieged(tmp_path) as siege:
    ... attack siege.port ...
    await siege.counted("localctl_legs_closed_total", cause="too_big")
"""

from contextlib import asynccontextmanager

import trio

from tests.e2e.joined import authorization, joined
from tests.localctl.net.kit import connect, frame, upgrade

WITNESS = "CP-WITNESS"
HEARTBEAT = '[2,"{}","Heartbeat",{{}}]'


class Siege:
    """A box, a witness station that is connected all the time, and raw strangers."""

    def __init__(self, site):
        self.site, self.port = site, int(site.url.rpartition(":")[2])
        self._beats = 0

    async def stranger(self):
        """A raw connection."""
        return await connect(self.port)

    async def station(self, path="/CP-HOSTILE", extra=()):
        """A raw station with a password that has been let in."""
        peer = await connect(self.port)
        name = path.rpartition("/")[2]
        await peer.send(upgrade(path, extra=[": ".join(authorization(name)).encode(), *extra]))
        status, peer.headers = await peer.head()
        assert status == 101
        return peer

    async def witness_is_served(self):
        """The witness, connected since before the attack, sends a CALL and has it answered."""
        self._beats += 1
        text = HEARTBEAT.format(f"w-{self._beats}")
        await self.site.station.do("send", WITNESS, text=text)
        await self.site.csms.expect_frame(text)
        await self.site.station.expect_frame(f'[3,"w-{self._beats}",{{}}]')

    async def newcomer_is_served(self):
        """A station that comes only now is let in."""
        async with await self.station("/CP-NEW") as peer:
            await peer.send(frame(HEARTBEAT.format("n-1")))
            assert await peer.text() == '[3,"n-1",{}]'

    async def metric(self, name, **labels):
        """The sum of all samples of this name with these labels."""
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        return sum(
            float(line.rpartition(" ")[2])
            for line in await self.site.metrics()
            if line.partition("{")[0].partition(" ")[0] == name and all(want in line for want in wanted)
        )

    async def counted(self, name, at_least=1, **labels):
        """Wait until the box has counted so many."""
        with trio.fail_after(20):
            while await self.metric(name, **labels) < at_least:  # noqa: ASYNC110  (another process counts)
                await trio.sleep(0.05)

    async def all_gone_but_the_witness(self):
        """Wait until every other leg has been let go."""
        opened = await self.metric("localctl_legs_opened_total", leg="station")
        await self.counted("localctl_legs_closed_total", opened - 1, leg="station")

    async def memory_mb(self):
        """Resident memory of the box."""
        return await self.metric("process_resident_memory_bytes") / 1e6


@asynccontextmanager
async def besieged(tmp_path, **options):
    """Three processes, joined, with the witness on line; at the end it still is, and no bug was counted."""
    async with joined(tmp_path, **options) as site:
        siege = Siege(site)
        await site.csms.do("reply", by_action={"Heartbeat": "{}"})
        await site.open(WITNESS, WITNESS, "ocpp2.0.1")
        await siege.witness_is_served()
        yield siege
        await siege.witness_is_served()
        await siege.newcomer_is_served()
        assert await siege.metric("localctl_bugs_total") == 0
