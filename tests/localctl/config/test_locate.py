"""Every key of a file is found where it stands, however it is written."""

import re

import tomli
from hypothesis import given
from hypothesis import strategies as st

from localctl.config.locate import Place, Places

ODD = '''# a comment with [brackets] and = signs
top.dotted."quoted key" = 1
"a\\u0062c" = 'single'
[http]   # header
inline = { one = 1, "two" = { three = [1,
  2, { four = 4 }] } }
when = 1979-05-27 07:32:00  # a date with a space
text = """
[not a header]
key = "no"\\"""
"""
raw = \'\'\'
[nor this] \'\' \'\'\'
[[station]]
identity = "A"
evses = [
  { id = 1 },  # ] not the end
  { id = 2,
    phases = 3 },
]
[station.sub]
deep = true
[[station]]
identity = 'B'
[[station.load]]
q = 1
[[station.load]]
q = 2
[http.more]
z = -1.5e3
'''


def flat(value, path=()):
    """Every path of a parsed document that stands for a key."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*path, name)
            yield from flat(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from flat(inner, (*path, index))


def test_every_key_that_tomli_reads_has_a_place():
    places = Places(ODD)
    keys = {path for path in places.all_keys() if isinstance(path[-1], str)}
    assert keys == set(flat(tomli.loads(ODD)))


def test_key_and_value_have_line_column_and_length():
    places = Places(ODD)
    assert places.key(("top", "dotted", "quoted key")) == Place(line=2, column=12, length=12)
    assert places.value(("top", "dotted", "quoted key")) == Place(line=2, column=27, length=1)
    assert places.key(("abc",)) == Place(line=3, column=1, length=10)
    assert places.value(("http", "when")) == Place(line=7, column=8, length=19)
    assert places.key(("http", "inline", "two", "three", 2, "four")) == Place(line=6, column=8, length=4)
    assert places.value(("http", "inline", "two", "three", 0)) == Place(line=5, column=40, length=1)
    assert places.key(("station", 0, "evses", 1, "phases")) == Place(line=19, column=5, length=6)
    assert places.key(("station", 0, "evses", 1)) == Place(line=18, column=3, length=9)
    assert places.value(("station", 0, "sub", "deep")) == Place(line=22, column=8, length=4)
    assert places.key(("station", 1)) == Place(line=23, column=1, length=11)
    assert places.value(("station", 1, "load", 1, "q")) == Place(line=28, column=5, length=1)
    assert places.value(("http", "more", "z")) == Place(line=30, column=5, length=6)


def test_what_is_not_written_has_no_place_and_its_table_is_the_nearest():
    places = Places(ODD)
    assert places.key(("station", 1, "panel")) is None
    assert places.nearest(("station", 1, "panel")) == ("station", 1)
    assert places.nearest(("nowhere", 3)) == ()


def test_a_value_over_several_lines_is_marked_on_its_first():
    place = Places(ODD).value(("http", "text"))
    assert place == Place(line=8, column=8, length=3)
    assert Places(ODD).line(8) == 'text = """'
    assert Places("last = 1").line(1) == "last = 1"


BARE = st.sampled_from(["a", "b-c", "long_name_0", "x9"])
SCALARS = st.sampled_from(
    ["1", "-2.5", "true", '"a # b"', "'[x]'", '"""\nm\n"""', "[1, 2]", "[\n 1,\n 2 # c\n]", "{ i = 1 }", "07:32:00"]
)


@st.composite
def documents(draw):
    """Documents whose keys are unique by a running number, so that a regular expression can find each."""
    lines, number = [], 0
    for _ in range(draw(st.integers(0, 5))):
        header = draw(BARE)
        lines += [draw(st.sampled_from(["", "# comment", "\t "]))] * draw(st.integers(0, 2))
        lines.append(draw(st.sampled_from(["[t{n}_{h}]", "[[s]]", "  [ t{n} . {h} ]"])).format(n=number, h=header))
        for _ in range(draw(st.integers(0, 4))):
            number += 1
            dotted = draw(st.sampled_from(["", "d{n} . ", '"q{n}".'])).format(n=number)
            lines.append(f"{draw(st.sampled_from(['', '  ']))}{dotted}k{number}_ = {draw(SCALARS)}")
        number += 1
    return "\n".join(lines) + draw(st.sampled_from(["", "\n"]))


@given(documents())
def test_line_of_key_is_the_line_a_regular_expression_finds(text):
    tomli.loads(text)
    for path, place in Places(text).all_keys().items():
        if re.fullmatch(r"k\d+_", str(path[-1])):
            match = re.search(rf"\b{path[-1]}", text)
            assert place.line == text.count("\n", 0, match.start()) + 1
            assert place.column == match.start() - (text.rfind("\n", 0, match.start()) + 1) + 1


@given(documents())
def test_the_places_are_those_of_the_keys_that_tomli_reads(text):
    found = {path for path in Places(text).all_keys() if isinstance(path[-1], str)}
    written = set(flat(tomli.loads(text)))
    assert found <= written
    assert {path for path in written - found if not re.match(r"t\d+", str(path[0]))} == set()
