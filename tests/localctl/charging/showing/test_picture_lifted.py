"""What an EVSE would get without the limit that binds it."""

from localctl.charging.showing.picture_lifted import in_words, lifted
from tests.localctl.charging.scene import busy


def told(scene, name):
    return lifted(scene.controller.last, (name, 1), scene.controller.plan.turns)


def test_p5_without_the_ems_the_fuse_of_the_panel_binds():
    scene = busy()
    found = told(scene, "CP1")
    now_a = scene.evse("CP1")["share_a"]
    assert (now_a, found["gain_a"], found["share_a"]) == (6.5, 4.5, 11.0)
    assert (found["reason"], found["binding"]["node"], found["binding"]["source"]) == ("row", "panel:sub", "fuse")


def test_p5_it_is_said_in_words_of_either_language():
    found = told(busy(), "CP1")
    assert in_words(found).startswith(
        "Without that limit it would get 11.0 A per phase: a limit of the site is used up ("
    )
    assert in_words(found, "de").startswith("Ohne diese Grenze bekäme er 11,0 A je Phase: ")


def test_where_no_limit_of_the_site_binds_there_is_nothing_to_lift():
    scene = busy()
    assert told(scene, "CP3") is None
    assert lifted(scene.controller.last, ("nobody", 1), scene.controller.plan.turns) is None
