"""Facts are values."""

import pytest

from localctl.charging.knowing.facts import Booted, Sample


def test_an_empty_sample_says_nothing_and_a_zero_says_something():
    assert Sample().empty
    assert not Sample(phase_a={1: 0.0}).empty


def test_facts_cannot_be_changed():
    with pytest.raises(AttributeError):
        Booted(vendor="v", model="m").vendor = "w"
