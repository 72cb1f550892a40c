"""The same problems as text, JSON and workflow commands."""

import json

from localctl.config.report import as_github, as_json, as_text, counted
from tests.localctl.config.files import ROUTER, read

BAD = read(ROUTER + '[http]\nprot = 1\ntoken = "0123456789abcdef"\n')


def test_text_names_place_key_and_way_out_and_marks_the_spot():
    assert as_text(BAD.problems, [BAD.file]).splitlines() == [
        "config.toml:11:1  http.prot   unknown key; did you mean `port`?",
        "  11 | prot = 1",
        "     | ^^^^",
        "config.toml:12:1  http.token  warning: is written in the file itself; "
        "put it into a file and name that as `token_file`",
        "  12 | token = (hidden)",
        "     | ^^^^^",
        "1 error and 1 warning in config.toml; it is not used.  "
        "hint: `localctl config reference` explains every key",
    ]


def test_one_is_one_and_not_more():
    assert [counted(number, "car") for number in (0, 1, 2)] == ["0 cars", "1 car", "2 cars"]


def test_a_good_file_is_called_fine():
    assert as_text([], ["a.toml", "b.toml"]) == "a.toml, b.toml: fine"


def test_a_very_long_line_is_cut_around_the_spot():
    loaded = read(ROUTER + f'[http]\naddress = "{"x" * 3000}"\n')
    source, mark = as_text(loaded.problems, ["f"]).splitlines()[1:3]
    assert len(source) < 200
    assert len(mark) <= len(source)
    assert source[mark.index("^")] == '"'


def test_json_holds_the_same_facts():
    document = json.loads(as_json(BAD.problems, [BAD.file]))
    assert (document["files"], document["errors"], document["warnings"]) == (["config.toml"], 1, 1)
    assert document["problems"][0] == {
        "file": "config.toml",
        "line": 11,
        "column": 1,
        "length": 4,
        "path": "http.prot",
        "severity": "error",
        "what": "unknown key",
        "hint": "did you mean `port`?",
        "other_line": None,
    }


def test_github_gets_one_command_per_problem_with_special_characters_escaped():
    first, second = as_github(BAD.problems).splitlines()
    assert first == "::error file=config.toml,line=11,col=1,title=http.prot::unknown key; did you mean `port`?"
    assert second.startswith("::warning file=config.toml,line=12,col=1,title=http.token::")
    empty = read("")
    assert as_github(empty.problems).splitlines()[0].startswith("::error file=config.toml,title=csms::")
    odd = read(ROUTER + '[http]\n"a,b:c%d" = 1\n')
    assert 'title=http."a%2Cb%3Ac%25d"::' in as_github(odd.problems)
