"""How a demo went, in words and as an exit code."""

from localctl.demo.outcome import Outcome
from localctl.demo.power import Judge
from localctl.demo.tape import Verdict


def outcome_of(**features):
    """An outcome that is good unless told otherwise."""
    made = {"verdict": Verdict(messages=4812), "stations": 12, "back": 12, "away_s": 12.2, "metrics_url": None}
    return Outcome(**made | features)


def test_the_sentence_at_the_end_says_it_all():
    url = "http://127.0.0.1:9180/metrics"
    assert outcome_of(metrics_url=url).sentence() == (
        "4,812 messages, 0 lost, 0 altered; CSMS was away 12 s, 12 of 12 stations came back; "
        "metrics were at http://127.0.0.1:9180/metrics"
    )
    assert "3 sent again" in outcome_of(verdict=Verdict(messages=1, again=3)).sentence()
    assert "; 7 more were localctl's own;" in outcome_of(verdict=Verdict(messages=1, own=7)).sentence()
    assert outcome_of(away_s=0).sentence() == "4,812 messages, 0 lost, 0 altered"


def test_good_means_everything_arrived_and_everybody_came_back():
    assert outcome_of().good
    assert not outcome_of(back=11).good
    assert not outcome_of(verdict=Verdict(messages=10, lost=1)).good
    assert not outcome_of(verdict=Verdict(messages=10, altered=1)).good
    assert not outcome_of(verdict=Verdict()).good


def test_what_was_overdrawn_is_told_and_is_not_good():
    kept = Judge(follow_s=6)
    assert outcome_of(power=kept).good
    assert outcome_of(power=kept, away_s=0).sentence().endswith("0 altered; no fuse overdrawn")
    overdrawn = Judge(follow_s=6, over_fuse={"row-a L2": 12.0})
    assert not outcome_of(power=overdrawn).good
    assert "; fuse of row-a L2 overdrawn (12.0 As)" in outcome_of(power=overdrawn).sentence()
    assert outcome_of(disobedient="DEMO-08 disobeyed", away_s=0).sentence().endswith("; DEMO-08 disobeyed")
