"""JSON lines between a test and the peer process it drives: commands come in on stdin, events go out on stdout.

Nothing here knows localctl: the peers are witnesses, and a witness shares no code with what it judges.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator

LONGEST_LINE = 64 * 1024 * 1024


def emit(event, **facts):
    """Report one event to the test, at once."""
    sys.stdout.write(json.dumps({"event": event, **facts}) + "\n")
    sys.stdout.flush()


async def commands() -> AsyncIterator[dict]:
    """Every command of the test, until it closes our stdin."""
    reader = asyncio.StreamReader(limit=LONGEST_LINE)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async for line in reader:
        yield json.loads(line)


async def obeyed(obey):
    """Obey until stdin ends. Each command runs beside the others, so a long script does not hold up the next one."""
    running = set()
    async for command in commands():
        task = asyncio.ensure_future(obey(command))
        running.add(task)
        task.add_done_callback(running.discard)
