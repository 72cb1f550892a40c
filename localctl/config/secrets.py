"""Secrets: where they may come from, and a type that never shows them.

One secret has four possible sources, the first that exists is taken: the file named by `x_file`; the systemd credential
with the name of the key (`LoadCredential=http.token:/etc/...`); an environment variable, written `x = "${NAME}"`; the
text itself, which works and earns a warning.
"""

import hmac
import re
from typing import Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, PydanticKnownError, core_schema

MASK: Final = "(hidden)"
_MAX_BYTES: Final = 4096
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class Secret:
    """A text that shows itself only to `reveal()`: not in str, repr, format, errors or dumps."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself; call it where it is used and nowhere else."""
        return self._text

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, memo: object) -> "Secret":
        return self

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not pickled")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._of, serialization=core_schema.plain_serializer_function_ser_schema(lambda _: MASK)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "minLength": 1, "writeOnly": True}

    @classmethod
    def _of(cls, value: object) -> "Secret":
        if isinstance(value, Secret):
            return value
        if not isinstance(value, str):
            raise PydanticKnownError("string_type")
        if not value:
            raise PydanticCustomError("empty_secret", "is empty")
        return cls(value)
