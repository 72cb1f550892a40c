"""The request of an EMS, member by member; whole conversations are in test_external."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localctl.charging.base.json_reader import BadMember
from localctl.charging.limiting.external_json import read_limit

NODE = ("panel", "main")
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(["source", "limit_a", "limit_w", "schedule", "expires_at", "expires_in_s", "covers"])


def test_one_number_is_for_all_phases_and_three_are_for_each():
    one = read_limit({"source": "SO", "limit_a": 25, "expires_in_s": 60}, NODE, {}, 0.0)
    three = read_limit({"source": "SO", "limit_a": [25, 0, 7.5], "expires_in_s": 60}, NODE, {}, 0.0)
    assert one.steps[0].cap.a == (25.0, 25.0, 25.0)
    assert three.steps[0].cap.a == (25.0, 0.0, 7.5)


def test_both_ways_of_saying_until_when():
    at = read_limit({"source": "SO", "limit_w": 1, "expires_at": "1970-01-01T00:01:00Z"}, NODE, {}, 0.0)
    after = read_limit({"source": "SO", "limit_w": 1, "expires_in_s": 60}, NODE, {}, 0.0)
    assert at.expires_at == after.expires_at == 60.0
    both = {"source": "SO", "limit_w": 1, "expires_in_s": 60, "expires_at": "1970-01-01T00:01:00Z"}
    with pytest.raises(BadMember, match="stands beside expires_at"):
        read_limit(both, NODE, {}, 0.0)


@given(st.dictionaries(NAMES, JSON, max_size=5) | JSON)
def test_p6_whatever_is_sent_is_a_limit_or_a_named_mistake(body: object):
    with suppress(BadMember):
        limit = read_limit(body, NODE, {}, 1000.0)
        assert limit.expires_at is not None
        assert limit.steps
