"""What a changed file needs: nothing, new connections, or a restart."""

import pytest

from localctl.config.reload import changes, reconnects, waiting, worst
from tests.localctl.config.files import ROUTER, good

STATIONS = """
[[station]]
identity = "CP1"
close_style = "drop"
[[station]]
identity = "CP2"
"""


def diff(old: str, new: str):
    return [str(change) for change in changes(good(old), good(new))]


def test_the_same_file_again_changes_nothing():
    assert diff(ROUTER + STATIONS, ROUTER + "# a comment\n" + STATIONS) == []
    assert worst([]) == "live"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"wss://csms.example"', '"wss://new.example"',
         "csms[operator].url: wss://csms.example -> wss://new.example (reconnect)"),
        ("port = 8180", "port = 8180\nmax_connections = 5", "listen[0.0.0.0:8180].max_connections: 1200 -> 5 (live)"),
        ('"route"', '"refuse"', "defaults.unknown_stations: route -> refuse (live)"),
        ('"drop"', '"close"', "station[cp1].close_style: drop -> close (reconnect)"),
        ('"CP2"', '"CP2"\nsubprotocol = "ocpp1.6"', "station[cp2].subprotocol: nothing -> ocpp1.6 (reconnect)"),
        ('"CP2"', '"CP2"\n[http]\nport = 9181', "http.port: 9180 -> 9181 (restart)"),
        ('"CP2"', '"CP2"\ncompression = false', "station[cp2].compression: true -> false (reconnect)"),
        ('"CP2"', '"CP2"\n[charging]\ndead_band_a = 2.5', "charging.dead_band_a: 1 -> 2.5 (live)"),
        ("port = 8180", 'port = 8180\ntrusted_proxies = ["10.0.0.1", "10.0.0.2"]',
         "listen[0.0.0.0:8180].trusted_proxies: [] -> [10.0.0.1, 10.0.0.2] (live)"),
        ('"CP2"', '"CP2"\nevses = [{ id = 1 }]', "station[cp2].evses[1]: nothing -> there (live)"),
    ],
)  # fmt: skip
def test_each_difference_says_what_it_needs(old, new, said):
    text = ROUTER + STATIONS
    assert diff(text, text.replace(old, new)) == [said]


def test_a_station_inserted_above_the_others_is_one_difference():
    new = ROUTER + '[[station]]\nidentity = "CP0"\n' + STATIONS
    assert diff(ROUTER + STATIONS, new) == ["station[cp0]: nothing -> there (reconnect)"]
    assert diff(new, ROUTER + STATIONS) == ["station[cp0]: there -> nothing (reconnect)"]


def test_a_moved_listener_is_opened_and_closed_live():
    found = changes(good(ROUTER), good(ROUTER.replace("8180", "8181")))
    assert [change.path for change in found] == ["listen[0.0.0.0:8180]", "listen[0.0.0.0:8181]"]
    assert worst(found) == "live"


CONNECTED = ("cp1", "CP2", "stranger", "GUEST-1")
GUESTS = '[[csms]]\nname = "guests"\nurl = "wss://guests.example"\nidentities = ["GUEST-*"]\n'


def come_anew(old: str, new: str) -> list[str]:
    return reconnects(good(old), good(new), CONNECTED)


@pytest.mark.parametrize(
    ("old", "new", "who"),
    [
        ('"CP2"', '"CP2"\ncompression = false', ["CP2"]),
        ('"CP2"', '"CP2"\npassword = "hunter2hunter2"\nupstream_password = "hunter2hunter2hunter2"', ["CP2"]),
        ('"CP2"', '"CP2"\ncsms = "guests"', ["CP2"]),
        ('"CP2"', '"cp2"', []),
        ('"CP2"', '"CP2"\nfailsafe_current_a = 8', []),
        ('"CP2"', '"CP2"\npassword = "hunter2hunter2hunter2"', []),
        ('"route"', '"route"\nping_s = 30', [*CONNECTED]),
        ('"route"', '"route"\nclose_style = "drop"', ["CP2", "stranger", "GUEST-1"]),
        ('"route"', '"refuse"', []),
        ('identity = "CP2"', 'identity = "stranger"', []),
        ('identity = "CP1"', 'identity = "CP3"', ["cp1"]),
        ('"wss://csms.example"', '"wss://new.example"', ["cp1", "CP2", "stranger"]),
        ('"wss://guests.example"', '"wss://new.example"', ["GUEST-1"]),
        ('["GUEST-*"]', '["GUEST-*", "stranger"]', ["stranger"]),
        ('["GUEST-*"]', '["GUEST-*"]\ncall_timeout_s = 7', ["GUEST-1"]),
        ('["GUEST-*"]', '["GUEST-*"]\nretry_min_s = 7', []),
        ("port = 8180", "port = 8181", []),
    ],
)
def test_only_stations_whose_connection_would_be_another_come_in_anew(old, new, who):
    head, _, tail = ROUTER.partition("[[csms]]")
    text = head + GUESTS + "[[csms]]" + tail + STATIONS
    assert old in text
    assert come_anew(text, text.replace(old, new, 1)) == who
    assert come_anew(text, text) == []


def test_a_station_that_is_struck_off_the_list_is_sent_away_where_strangers_are_refused():
    strict = (ROUTER + STATIONS).replace('"route"', '"refuse"')
    assert come_anew(strict, strict.replace('identity = "CP2"', 'identity = "CP3"')) == ["CP2"]


PANEL = '[[panel]]\nid = "main"\nfuse_a = 63\n'


def test_what_holds_after_a_restart_only_is_named_and_forgotten_when_it_is_taken_back():
    running, moved = good(ROUTER), good(ROUTER + "[http]\nport = 9181\n")
    assert waiting(running, moved) == ["http.port"]
    assert waiting(running, running) == []


def test_the_first_and_the_last_panel_wait_for_a_restart_and_no_other():
    router, site = good(ROUTER), good(ROUTER + PANEL)
    assert waiting(router, site) == waiting(site, router) == ["panel"]
    assert waiting(site, good(ROUTER + PANEL + PANEL.replace('"main"', '"row"\nparent = "main"'))) == []


def test_the_order_of_csmss_matters_because_the_first_match_wins():
    a, b = ('[[csms]]\nname = "a"\nurl = "wss://a"\nidentities = ["A*"]\n', '[[csms]]\nname = "b"\nurl = "wss://b"\n')
    head = ROUTER[: ROUTER.index("[[csms]]")]
    assert diff(head + a + b + STATIONS, head + b + a + STATIONS) == ["csms: a, b -> b, a (live)"]


def test_p7_changed_secrets_are_told_but_not_shown():
    one = ROUTER + '[http]\ntoken = "hunter2hunter2hunter2"\n[[station]]\nidentity = "CP1"\n'
    one += 'password_hash = "scrypt$2$8$1$aHVudGVyMmh1bg==$aHVudGVyMmh1bnRlcjJodW4="\n'
    two = one.replace("hunter2hunter2", "swordfish").replace("aHVudGVyMmh1bg==", "c3dvcmRmaXNoLi4=")
    said = diff(one, two)
    assert said == [
        "http.token: (hidden) -> (hidden) (live)",
        "station[cp1].password_hash: (hidden) -> (hidden) (live)",
    ]
