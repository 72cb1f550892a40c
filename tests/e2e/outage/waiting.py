"""Waiting for something to become true."""

import asyncio
import time


async def eventually(holds, within_s, *, every_s=0.02):
    """Whether `holds()` became true in time; asked again and again."""
    until = time.monotonic() + within_s
    while True:
        if holds():
            return True
        if time.monotonic() > until:
            return False
        await asyncio.sleep(every_s)
