"""Facts about the box itself that somebody reports now and then: reloads of the configuration, ends of certificates."""

from collections.abc import Iterator, Mapping

from localctl.observe import catalogue as rows
from localctl.observe.tally import Sample, Tally


class BoxFacts:
    """What the last reload did and when each certificate ends. Instants are Unix time in seconds."""

    def __init__(self, *, started_at: float) -> None:
        self._reloads = Tally(rows.CONFIG_RELOADS)
        self._last_successful = True
        self._last_success_at = started_at
        self._certificate_ends_at: dict[str, float] = {}

    def config_taken(self, *, at: float) -> None:
        """A reload brought a good configuration."""
        self._reloads.add("taken")
        self._last_successful, self._last_success_at = True, at

    def config_borrowed(self) -> None:
        """The box runs with an older configuration than its file, since that has mistakes."""
        self._last_successful = False

    def config_refused(self) -> None:
        """A reload met a bad file; the old configuration goes on."""
        self._reloads.add("refused")
        self._last_successful = False

    def certificates(self, ends_at: Mapping[str, float]) -> None:
        """When each certificate that is in use now ends, by what it is used for; any other is of no interest more."""
        self._certificate_ends_at = dict(ends_at)

    def samples(self) -> Iterator[Sample]:
        """For a scrape."""
        yield from self._reloads.samples()
        yield rows.CONFIG_RELOAD_SUCCESSFUL, (), float(self._last_successful)
        yield rows.CONFIG_RELOAD_SUCCESS_AT, (), self._last_success_at
        for use, ends_at in self._certificate_ends_at.items():
            yield rows.CERTIFICATE_EXPIRY, (use,), ends_at
