"""The handbook tells the truth: links lead somewhere, examples pass the check, keys and commands exist."""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
import tomli

from localctl.charging.limiting.external_json import MEMBERS, STEP_MEMBERS
from localctl.cli.starter import made
from localctl.config.load import parse
from localctl.config.model import Config
from localctl.config.report import as_text
from localctl.observe.catalogue import SECTIONS
from localctl.plan_site import check_topology
from tests.repo.handbook import (
    ALL,
    DOCS,
    WRITTEN,
    anchors,
    command_lines,
    fences,
    links,
    prose,
    spans,
    wrong_command,
)

WIDTH = 120
EXAMPLES = [
    pytest.param(fence.body, id=f"{page.stem}-{number}")
    for page in WRITTEN
    for number, fence in enumerate(fences(page))
    if fence.language == "toml" and "complete" in fence.words
]


def by_name(pages: list[Path]) -> list[object]:
    return [pytest.param(page, id=page.stem) for page in pages]


def keys_of(schema: dict[str, object], of: dict[str, object]) -> set[str]:
    """Every key the configuration has, at any depth."""
    return {
        key
        for table in [of, *schema["$defs"].values()]  # type: ignore[attr-defined]
        for key in table.get("properties", {})
    }


SCHEMA = Config.model_json_schema()
KEYS = keys_of(SCHEMA, SCHEMA)


def tables(document: dict[str, object]) -> Iterator[str]:
    """Every key of a document, at any depth."""
    for key, value in document.items():
        yield key
        if key == "fallback_a":  # its keys are the names of panels
            continue
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict):
                yield from tables(inner)


@pytest.mark.parametrize("page", by_name(ALL))
def test_links_lead_to_files_and_headings_that_are_there(page: Path):
    broken = []
    for link in links(page):
        name, _, heading = link.partition("#")
        target = page if not name else page.parent / name
        if link.startswith("https://"):
            broken += [link] if page.parent == DOCS else []
        elif not target.exists() or (heading and heading not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", by_name(WRITTEN))
def test_pages_lead_only_to_what_is_shipped_beside_them(page: Path):
    assert [link for link in links(page) if ".." in link] == []


def test_the_index_leads_to_every_page():
    listed = {link.partition("#")[0] for link in links(DOCS / "index.md")}
    missing = {path.name for path in DOCS.glob("*.md")} - listed - {"index.md"}
    assert missing == set(), "give them a line in localctl/docs/index.md"


@pytest.mark.parametrize("path", sorted((DOCS / "img").glob("*.svg")), ids=lambda path: path.stem)
def test_drawings_stand_alone_say_what_they_show_and_are_readable_in_the_dark(path: Path):
    text = path.read_text(encoding="utf-8")
    root = ElementTree.fromstring(text)
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
        "svg", "title", "style", "rect", "text", "tspan", "path", "circle",
    }  # fmt: skip
    assert root.get("aria-label")
    assert "prefers-color-scheme: dark" in text
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|url\(|href|@import", text)


def test_every_picture_is_shown_somewhere():
    shown = {Path(link).name for page in ALL for link in links(page)}
    assert {path.name for path in (DOCS / "img").iterdir()} - shown == set()


@pytest.mark.parametrize("body", EXAMPLES)
def test_complete_examples_pass_the_check_without_a_warning(body: str):
    loaded = check_topology(parse(body.encode(), file="config.toml", folder=DOCS, environ={}))
    assert [f"{problem.path}: {problem.text}" for problem in loaded.problems] == []


@pytest.mark.parametrize("page", by_name(WRITTEN))
def test_the_loader_takes_every_value_of_every_other_example(page: Path):
    """Parts of a file may miss the rest of it, nothing else."""
    for fence in fences(page):
        if fence.language == "toml" and "complete" not in fence.words:
            loaded = parse(fence.body.encode(), file="config.toml", folder=DOCS, environ={})
            wrong = [f"{one.path}: {one.text}" for one in loaded.problems if not MISSING.search(one.text)]
            assert wrong == []


MISSING = re.compile(r"^there is no \[\[|^no \[\[csms\]\] has a pattern|^no \[\[station\]\] is listed|^no such file")


def test_the_mistake_in_the_quick_start_is_told_as_the_page_shows_it():
    text = made("config.toml", stations=2, csms="wss://csms.example").replace("fuse_a = 35  ", 'fuse_a = "35"')
    loaded = parse(text.encode(), file="config.toml", folder=DOCS, environ={})
    shown = next(fence.body for fence in fences(DOCS / "quick-start.md") if "needs a number" in fence.body)
    assert shown.strip() == as_text(loaded.problems, ["config.toml"]).strip()


def test_there_is_a_complete_example_for_every_use_case():
    without = [
        page.stem
        for page in DOCS.glob("use-*.md")
        if not any(fence.language == "toml" and "complete" in fence.words for fence in fences(page))
    ]
    assert without == []
    assert len(list(DOCS.glob("use-*.md"))) >= 7


@pytest.mark.parametrize("page", by_name(WRITTEN))
def test_keys_in_examples_exist(page: Path):
    documents = [tomli.loads(fence.body) for fence in fences(page) if fence.language == "toml"]
    assert {key for document in documents for key in tables(document)} - KEYS == set()


@pytest.mark.parametrize("page", by_name(WRITTEN))
def test_keys_named_in_sentences_exist(page: Path):
    """Whatever looks like a key is one, or a metric's or the API's word."""
    known = KEYS | MEMBERS | STEP_MEMBERS | {metric.name for rows in SECTIONS.values() for metric in rows}
    named = {span for span in spans(page) if re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", span)}
    named |= {found[1] for span in spans(page) if (found := re.match(r"([a-z_]+) = ", span))}
    assert named - known - WORDS == set()


WORDS = {value for rows in SECTIONS.values() for metric in rows for label in metric.labels for value in label.values}
"""Causes and verdicts, in labels of metrics and in the log."""


@pytest.mark.parametrize("page", by_name(ALL))
def test_commands_are_ones_the_command_line_takes(page: Path):
    wrong = [(words, problem) for words in command_lines(page) if (problem := wrong_command(words)) is not None]
    assert wrong == []


def test_a_command_with_a_wrong_word_is_found():
    assert wrong_command(["limit", "set", "main", "--amps", "40", "--for", "15m"]) is None
    assert wrong_command(["limit", "put"]) is not None
    assert wrong_command(["status", "--wach"]) is not None
    assert wrong_command(["nothing"]) is not None


@pytest.mark.parametrize("page", by_name(WRITTEN))
def test_lines_are_not_wider_than_a_screen(page: Path):
    lines = [line for line in prose(page).splitlines() if not line.startswith("|")]
    lines += [line for fence in fences(page) if fence.language in ("toml", "sh") for line in fence.body.splitlines()]
    assert [line for line in lines if len(line) > WIDTH] == []


@pytest.mark.parametrize("page", by_name(WRITTEN))
def test_a_page_begins_with_its_title_and_has_one(page: Path):
    text = prose(page)
    assert text.startswith("# ")
    assert len(re.findall(r"^# ", text, re.MULTILINE)) == 1
