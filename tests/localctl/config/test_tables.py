"""The value types that several tables share."""

import pytest

from tests.localctl.config.files import ROUTER, good, read

SITE = ROUTER.replace('"route"', '"refuse"') + '[[panel]]\nid = "main"\nfuse_a = 63\n'
STATION = '[[station]]\nidentity = "CP1"\npanel = "main"\nevses = [{ id = 1 }]\n'


@pytest.mark.parametrize("clock", ["00:00", "09:30", "23:59", "24:00"])
def test_times_of_day(clock):
    entry = f'schedule = [{{ start = "12:00", end = "{clock}", limit_a = 1 }}]\n'
    assert good(SITE + entry + STATION).panel[0].schedule[0].end == clock


@pytest.mark.parametrize("clock", ["24:01", "9:30", "25:00", "noon", "12:60", "12:00:00", "१२:००"])
def test_what_is_no_time_of_day(clock):
    entry = f'schedule = [{{ start = "12:00", end = "{clock}", limit_a = 1 }}]\n'
    assert len(read(SITE + entry + STATION).errors) == 1


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "fe80::1", "192.168.1.20"])
def test_addresses(address):
    assert good(ROUTER.replace("port = 8180", f'port = 8180\naddress = "{address}"')).listen[0].address == address


@pytest.mark.parametrize("address", ["", "localhost", "1.2.3", "1.2.3.4:80", "[::1]"])
def test_what_is_no_address(address):
    assert len(read(ROUTER.replace("port = 8180", f'port = 8180\naddress = "{address}"')).errors) == 1


@pytest.mark.parametrize(("written", "read_as"), [("1", (1,)), ("3", (1, 2, 3)), ("[2]", (2,)), ("[1, 3]", (1, 3))])
def test_conductors_are_counted_or_named(written, read_as):
    config = good(SITE + STATION.replace("id = 1", f"id = 1, phases = {written}"))
    assert config.station[0].evses[0].phases == read_as


@pytest.mark.parametrize("written", ["0", "4", "[]", "[4]", "true", '"3"', "[1, 2, 3, 1]"])
def test_other_conductors_do_not_exist(written):
    assert read(SITE + STATION.replace("id = 1", f"id = 1, phases = {written}")).config is None
