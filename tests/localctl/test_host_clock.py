"""The kernel says whether the clock is kept right; where it cannot, nobody is told that it is."""

import ctypes
from types import SimpleNamespace

import pytest

from localctl import host_clock


@pytest.fixture(autouse=True)
def nobody_has_asked_yet():
    host_clock._adjtimex.cache_clear()
    yield
    host_clock._adjtimex.cache_clear()


@pytest.mark.parametrize(("answer", "kept_right"), [(0, True), (1, True), (5, False), (-1, False)])
def test_the_kernels_answer_is_read(monkeypatch, answer, kept_right):
    monkeypatch.setattr(ctypes, "CDLL", lambda *_args, **_more: SimpleNamespace(adjtimex=lambda _buffer: answer))
    assert host_clock.synchronised() is kept_right


def test_a_system_without_the_call_is_not_trusted(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda *_args, **_more: SimpleNamespace())
    assert host_clock.synchronised() is False


def test_p6_the_call_is_looked_up_once_however_often_the_clock_is_asked(monkeypatch):
    looked_up = []
    monkeypatch.setattr(ctypes, "CDLL", lambda *_args, **_more: looked_up.append(1) or SimpleNamespace(adjtimex=int))
    monkeypatch.setattr(ctypes, "create_string_buffer", lambda _size: 0)
    assert [host_clock.synchronised() for _ in range(3)] == [True] * 3
    assert looked_up == [1]


def test_the_real_call_answers_and_changes_nothing():
    assert host_clock.synchronised() in (True, False)
