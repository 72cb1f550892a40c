"""The kernel says whether the clock is kept right; where it cannot, nobody is told that it is."""

import ctypes
from types import SimpleNamespace

import pytest

from localctl import host_clock


@pytest.mark.parametrize(("answer", "kept_right"), [(0, True), (1, True), (5, False), (-1, False)])
def test_the_kernels_answer_is_read(monkeypatch, answer, kept_right):
    monkeypatch.setattr(ctypes, "CDLL", lambda *_args, **_more: SimpleNamespace(adjtimex=lambda _buffer: answer))
    assert host_clock.synchronised() is kept_right


def test_a_system_without_the_call_is_not_trusted(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda *_args, **_more: SimpleNamespace())
    assert host_clock.synchronised() is False


def test_the_real_call_answers_and_changes_nothing():
    assert host_clock.synchronised() in (True, False)
