"""What answers say of themselves: strict for all, and just enough for pages."""

from localctl.web.headers import HEADERS, PAGE_HEADERS, PICTURE_HEADERS


def test_nothing_may_be_loaded_by_an_answer_that_is_no_page():
    assert HEADERS["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_pages_load_from_here_only_and_run_nothing_inline():
    policy = PAGE_HEADERS["content-security-policy"]
    assert "unsafe" not in policy
    sources = {word for rule in policy.split("; ") for word in rule.split()[1:]}
    assert sources == {"'none'", "'self'"}
    assert "form-action 'none'" in policy
    assert "base-uri 'none'" in policy


def test_a_drawing_brings_its_colours_and_loads_nothing():
    assert PICTURE_HEADERS["content-security-policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    )
