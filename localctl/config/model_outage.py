"""The table `[outage]`: what holds for all stations whose CSMS is away, and how they come back after a power cut."""

from typing import Literal

from localctl.config.tables import Table, key


class Outage(Table):
    """While a CSMS is away. The whole table may be left out; most of it concerns stations with `outage = "carry"`."""

    unknown_tokens: Literal["reject", "accept"] = key("reject", reload="restart")
    """Cards that no CSMS has answered for yet: `reject` them, or `accept` them until the CSMS is back."""
    energy_cap_kwh: float | None = key(None, unit="kWh", gt=0, le=1000)
    """Stop a transaction of an unknown card after so much energy while the CSMS is away. Left out: no cap."""
    stop_refused: bool = key(True)
    """Stop a transaction that began while the CSMS was away when the CSMS refuses its card at last."""
    token_days: float = key(7.0, unit="d", reload="restart", gt=0, le=365)
    """So long an answer of the CSMS about a card is good. Cards are stored as hashes only."""
    max_tokens: int = key(10_000, reload="restart", ge=1, le=1_000_000)
    """Cards that are remembered; the oldest make room."""
    mark_offline: bool = key(True)
    """Unsigned TransactionEvents that are forwarded late say `offline: true`, nothing else in them changes."""
    boot_again: bool = key(False)
    """Repeat a station's last BootNotification when the CSMS is back. Left `false`, only where the CSMS answers
    SecurityError."""
    message_attempts: int = key(3, ge=1, le=100)
    """So often a kept message is sent before it goes to the dead letters (`localctl outbox`): MessageAttempts."""
    message_attempt_interval_s: float = key(60.0, unit="s", gt=0, le=3600)
    """After attempt n the next one waits n times this; OCPP's MessageAttemptInterval."""
    replay_per_second: float = key(50.0, reload="live", gt=0, le=10_000)
    """Kept messages sent per second, over all stations, so that the CSMS is not flooded when it is back."""
    admission_per_second: float = key(50.0, reload="live", ge=0, le=10_000)
    """Stations let through to their CSMS per second, when many come at once (after a power cut); 0: as they come."""
    admission_burst: int = key(100, reload="live", ge=1, le=10_000)
    """So many may come at once before `admission_per_second` begins to matter."""
    trust_clock: Literal["auto", "always"] = key("auto", reload="live")
    """Stations set their clocks by the box's answers. `auto`: only while NTP keeps the box's clock right, or their CSMS
    told the time in the last day; without either the station's connection is closed. `always`: the clock is right."""
    journal_rows: int = key(20_000, reload="restart", ge=10, le=1_000_000)
    """Messages kept per station. Beyond, readings in the middle of transactions go first; begins and ends never."""
    journal_mb: int = key(512, unit="MB", reload="restart", ge=1, le=100_000)
    """Disk space for all that is kept."""
    journal_days: float = key(30.0, unit="d", reload="restart", gt=0, le=3650)
    """Readings and notifications older than this are dropped; begins and ends of transactions never."""
