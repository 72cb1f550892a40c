"""Messages for every published OCPP schema, spelled as oddly as JSON allows.

A relay that decodes and re-encodes what it carries turns 6.0 into 6, "\\u00e9" into "é" and one key order into another;
signatures break and logs disagree. So each payload here is valid by its schema (checked), and its text is written with
random white space, key order, escapes and number spellings. The same seed makes the same messages.
"""

import importlib.util
import json
import random
import string
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jsonschema_rs

FOLDERS = {"ocpp1.6": "v16", "ocpp2.0.1": "v201", "ocpp2.1": "v21"}
VERSIONS = tuple(FOLDERS)
LETTERS = string.ascii_letters + string.digits + ' -_=:+|@./"\\\n\té€漢😀'
DEEPEST = 7


@cache
def schemas(version):
    """Action to its request and response schema (the latter None for what is never answered)."""
    folder = Path(importlib.util.find_spec("ocpp").origin).parent / FOLDERS[version] / "schemas"
    files = {path.stem: json.loads(path.read_text("utf-8-sig")) for path in sorted(folder.glob("*.json"))}
    actions = {name.removesuffix("Request") for name in files if not name.endswith("Response")}
    return {
        action: (files.get(action + "Request") or files[action], files.get(action + "Response"))
        for action in sorted(actions)
    }


class Maker:
    """Valid values for a schema. `fullness`: how likely each optional member is there (0: none, 1: all)."""

    def __init__(self, rng, fullness):
        self.rng, self.fullness = rng, fullness

    def value(self, schema, root, depth=0):
        """One value that the schema allows; `root` holds the definitions that it refers to."""
        if "$ref" in schema:
            return self.value(root["definitions"][schema["$ref"].rsplit("/", 1)[1]], root, depth)
        if "enum" in schema:
            return self.rng.choice(schema["enum"])
        return getattr(self, "_" + schema.get("type", "anything"))(schema, root, depth)

    def _anything(self, _schema, _root, _depth):
        return self.rng.choice([0.5, "text", [1, [2.0]], {"a": {"b": None}}])

    def _object(self, schema, root, depth):
        needed = schema.get("required", [])
        chance = self.fullness if depth < DEEPEST else 0
        made = {
            name: self.value(inner, root, depth + 1)
            for name, inner in schema.get("properties", {}).items()
            if name in needed or self.rng.random() < chance
        }
        if schema.get("javaType") == "CustomData" and self.fullness:
            made |= {"x-größe": [1, {"deep": None}], "1e2": 12345678901234567890123, "": -0.0}
        return made

    def _array(self, schema, root, depth):
        fewest = schema.get("minItems", 0)
        most = min(schema.get("maxItems", fewest + 2), fewest + 2) if depth < DEEPEST else max(fewest, 1)
        return [
            self.value(schema["items"], root, depth + 1) for _ in range(self.rng.randint(fewest, max(most, fewest)))
        ]

    def _string(self, schema, _root, _depth):
        if schema.get("format") == "date-time":
            day, tail = self.rng.randint(10, 28), self.rng.choice(["Z", ".1Z", ".123Z", "+02:00", "-00:00"])
            return f"20{self.rng.randint(19, 99)}-02-{day}T23:59:59{tail}"
        if schema.get("format") == "uri":
            return f"https://example.org/{self.rng.randint(0, 999)}?a=b#c"
        length = self.rng.randint(schema.get("minLength", 0), min(schema.get("maxLength", 40), 40))
        return "".join(self.rng.choice(LETTERS) for _ in range(length))

    def _integer(self, schema, _root, _depth):
        lowest = int(schema.get("minimum", -9))
        return self.rng.randint(lowest, int(min(schema.get("maximum", lowest + 99999), lowest + 99999)))

    def _number(self, schema, root, depth):
        whole = self._integer(schema, root, depth)
        return whole if whole == schema.get("maximum") else whole + self.rng.choice([0.0, 0.5])

    def _boolean(self, _schema, _root, _depth):
        return self.rng.random() < 0.5


class OddWriter:
    """JSON texts of a value that no encoder would write and every decoder must read."""

    def __init__(self, rng):
        self.rng = rng

    def text(self, value):
        """One spelling of the value."""
        match value:
            case dict():
                members = list(value.items())
                self.rng.shuffle(members)
                inner = ",".join(f"{self._gap()}{self._string(key)}{self._gap()}:{self.text(v)}" for key, v in members)
                return f"{self._gap()}{{{inner}{self._gap()}}}"
            case list():
                return f"{self._gap()}[{','.join(map(self.text, value))}{self._gap()}]"
            case str():
                return self._gap() + self._string(value)
            case bool() | None:
                return json.dumps(value)
            case int() if abs(value) < 10**6:
                return self._gap() + self.rng.choice([str(value), f"{value}.0", f"{value}e0", f"{value}.00E+0"])
            case _:
                return self._gap() + json.dumps(value)

    def _gap(self):
        return self.rng.choice(["", "", "", " ", "  ", "\n", "\t", "\r\n "])

    def _string(self, value):
        return f'"{"".join(map(self._character, value))}"'

    def _character(self, character):
        if character in '"\\\n\t' or self.rng.random() > 0.1:
            plain = json.dumps(character, ensure_ascii=self.rng.random() < 0.5)[1:-1]
            return "\\/" if plain == "/" and self.rng.random() < 0.5 else plain
        units = character.encode("utf-16-be").hex()
        return "".join("\\u" + units[i : i + 4] for i in range(0, len(units), 4))


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One CALL and the exact text of its answer; `reply` is None for a SEND, which has none."""

    action: str
    call: str
    reply: str | None


class Conversation:
    """Every message type of a version, `variants` times each, and what no schema knows."""

    def __init__(self, version, *, seed, prefix):
        self.version, self.prefix = version, prefix
        self.rng = random.Random(f"{version} {seed}")
        self.write = OddWriter(self.rng).text
        self._count = 0

    def exchanges(self, variants=3):
        """All exchanges, in a random order: each action with the least, with everything, and with chance members."""
        made = [
            self._exchange(action, request, response, fullness)
            for action, (request, response) in schemas(self.version).items()
            for fullness in (0.0, 1.0, *[0.4] * (variants - 2))[:variants]
        ]
        made += [self._unknown(action) for action in ("Vendor.Sp€cial", "bootNotification", "DataTransfer-Signed", "")]
        made += [self._refused(code) for code in ("NotImplemented", "OccurenceConstraintViolation", "Söme-thing")]
        self.rng.shuffle(made)
        return made

    def _exchange(self, action, request, response, fullness):
        call_id = self._id()
        payload = self._payload(request, fullness)
        if response is None:
            return Exchange(action=action, call=self._frame(6, call_id, action, payload), reply=None)
        reply = self._frame(3, call_id, None, self._payload(response, fullness))
        return Exchange(action=action, call=self._frame(2, call_id, action, payload), reply=reply)

    def _unknown(self, action):
        call_id, payload = (
            self._id(),
            {"anything": [1.0, {"nested": ["é", None]}], "customData": {"vendorId": "a", "b": 1}},
        )
        reply = self._frame(3, call_id, None, self.write({"status": "Unheard of"}))
        return Exchange(action=action, call=self._frame(2, call_id, action, self.write(payload)), reply=reply)

    def _refused(self, code):
        call_id = self._id()
        parts = [call_id, code, 'no \\ "thanks"', {"why": ["not", {"today": 1.5}]}]
        reply = f"[4,{','.join(map(self.write, parts))}]"
        return Exchange(action="Refused", call=self._frame(2, call_id, "Refused", "{}"), reply=reply)

    def _id(self):
        self._count += 1
        return self.rng.choice(["{}{}", "{}-é{}", "{}/{:09}", "{}{:030}"]).format(self.prefix, self._count)

    def _payload(self, schema, fullness):
        text = self.write(Maker(self.rng, fullness).value(schema, schema))
        jsonschema_rs.Draft6Validator(schema).validate(json.loads(text))
        return text

    def _frame(self, kind, call_id, action, payload):
        middle = "" if action is None else f"{self.write(action)},"
        return f"[{kind},{self.write(call_id)},{middle}{payload}]"
