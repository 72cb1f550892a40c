"""A disk that is really full: nothing acknowledged is lost, the box goes on, and it recovers when space is back."""

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from localctl.store import journal_writer
from localctl.store.journal_values import Limits
from tests.localctl.store.journals import begun, item, opened, running, waiting_ids
from tests.repo.tree import ROOT

PAYLOAD = "x" * 20_000

LIMITED = """
import resource, sys, trio
from pathlib import Path
from tests.localctl.store.journals import begun, running
resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, resource.RLIM_INFINITY))

async def main():
    async with running(Path(sys.argv[1])) as box:
        for n in range(400):
            if await box.keep(begun(str(n), tx=str(n), payload="x" * 20_000)) is None:
                break
            print("kept", n, flush=True)
        assert "cannot be written" in box.troubles[-1], box.troubles
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert await box.keep(begun("after", tx="after")) is not None
        assert box.troubles[-1] is None

trio.run(main)
"""


@contextmanager
def small_disk(folder: Path, size: str):
    """A file system of its own in memory; skips where it cannot be mounted."""
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file system")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=False, capture_output=True, timeout=60
    )
    if mounted.returncode:
        pytest.skip("this machine does not let root mount a file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True, timeout=60)


async def test_p4_a_full_disk_refuses_goes_on_and_recovers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(journal_writer, "RETRY_S", 0.05)
    with small_disk(tmp_path / "disk", "4m") as folder:
        ballast = folder / "ballast"
        ballast.write_bytes(b"\0" * 1_500_000)
        kept: list[str] = []
        async with running(folder) as box:
            for n in range(400):
                if await box.keep(begun(str(n), tx=str(n), payload=PAYLOAD)) is None:
                    break
                kept.append(str(n))
            assert 20 < len(kept) < 300
            await box.until(lambda: box.troubles and "database or disk is full" in str(box.troubles[-1]))
            row, waiting, _ = await box.oldest()
            assert row is not None
            assert (row.item.message_id, waiting) == ("0", len(kept))
            box.journal.delivered("CS1", row.number)
            row, _, _ = await box.oldest()
            assert row is not None
            assert row.item.message_id == "1"
            ballast.unlink()
            await box.until(lambda: box.troubles[-1] is None)
            assert await box.keep(begun("after", tx="after")) is not None
        disk = opened(folder)
        assert waiting_ids(disk) == [*kept[1:], "after"]
        disk.close()


def test_p4_a_file_that_may_not_grow_refuses_and_recovers(tmp_path: Path):
    """The kernel refuses writes beyond a size, with another error than a full disk's."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    kept = [line.removeprefix("kept ") for line in done.stdout.splitlines() if line.startswith("kept ")]
    disk = opened(tmp_path)
    assert waiting_ids(disk) == [*kept, "after"]
    assert len(kept) > 10
    disk.close()


async def test_the_file_itself_is_bounded_whatever_is_counted(tmp_path: Path):
    async with running(tmp_path, limits=Limits(max_bytes=1000)) as box:
        assert await box.keep(item(payload="x" * 2000)) is None
        assert await box.keep(item(payload="x" * 100)) == 1
        disk_pages = box.journal._disk.sql.execute("PRAGMA max_page_count").fetchone()[0]
    assert disk_pages * 4096 < 16 * 1024 * 1024
