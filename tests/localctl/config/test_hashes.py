"""Password hashes: the right form and a cost the box can bear."""

import pytest

from localctl.config.hashes import fault_of_hash
from localctl.net.credentials import hash_password

SALT, DIGEST = "c2FsdHNhbHRzYWx0", "MDEyMzQ1Njc4OWFiY2RlZg=="


def test_a01_fr_08_what_the_box_itself_makes_is_a_usable_hash():
    assert fault_of_hash(hash_password(b"hunter2")) == ""
    assert fault_of_hash(f"scrypt$16384$8$1${SALT}${DIGEST}") == ""


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("hunter2", "is not of the form"),
        (f"bcrypt$1$2$3${SALT}${DIGEST}", "is not of the form"),
        (f"scrypt$x$8$1${SALT}${DIGEST}", "must be whole numbers"),
        (f"scrypt$-2$8$1${SALT}${DIGEST}", "must be whole numbers"),
        (f"scrypt$1000$8$1${SALT}${DIGEST}", "power of two"),
        (f"scrypt$1024$0$1${SALT}${DIGEST}", "power of two"),
        (f"scrypt$1073741824$8$1${SALT}${DIGEST}", "too high"),
        (f"scrypt$1024$8$100${SALT}${DIGEST}", "too high"),
        (f"scrypt$1024$8$1$!!!${DIGEST}", "base64"),
        (f"scrypt$1024$8$1$c2E=${DIGEST}", "a salt of 8 bytes"),
        (f"scrypt$1024$8$1${SALT}$c2E=", "a salt of 8 bytes"),
    ],
)
def test_anything_else_is_refused_with_a_reason_that_does_not_show_it(text, fault):
    assert fault in fault_of_hash(text)
    assert text not in fault_of_hash(text)
