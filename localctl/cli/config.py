"""`localctl config schema` and `localctl config reference`: what the file may hold, for editors and for people."""

from localctl.config import schema as made


def schema() -> int:
    """Print the JSON schema. Editors find it by the first line of config.toml."""
    print(made.json_schema(), end="")
    return 0


def reference() -> int:
    """Print every table and key with its unit, default and meaning, as Markdown."""
    print(made.reference(), end="")
    return 0
