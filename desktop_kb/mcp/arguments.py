"""What may be given to a tool, declared once: its schema for the assistant and its check are made from that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from desktop_kb.errors import UsageProblem


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a tool.

    Attributes:
        help: what it is, for the assistant.
        low, high: of a number; `high` of a string: its characters, of strings: their number.
    """

    name: str
    kind: Literal["string", "number", "strings"]
    help: str
    default: Any = None
    required: bool = False
    low: int = 0
    high: int = 1_000
    choices: tuple[str, ...] = ()

    def schema(self) -> dict[str, Any]:
        """Its JSON Schema."""
        made: dict[str, Any] = {"description": self.help}
        if self.kind == "number":
            made |= {"type": "integer", "minimum": self.low, "maximum": self.high}
        elif self.kind == "strings":
            made |= {"type": "array", "items": {"type": "string"}, "maxItems": self.high}
        else:
            made |= {"type": "string"} | (
                {"enum": list(self.choices)} if self.choices else {"maxLength": self.high}
            )
        return made | ({} if self.default is None else {"default": self.default})

    def checked(self, value: Any) -> Any:
        """The value, if it may be given.

        Raises:
            UsageProblem: it may not ('bad-argument').
        """
        if self.kind == "number":
            whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
            if isinstance(value, bool) or not whole or not self.low <= value <= self.high:
                raise UsageProblem(
                    "bad-argument", name=self.name, reason="within", low=self.low, high=self.high
                )
            return int(value)
        texts = value if self.kind == "strings" else [value]
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            kind = "string" if self.kind == "string" else "list of strings"
            raise UsageProblem("bad-argument", name=self.name, reason="of-type", type=kind)
        if self.choices and value not in self.choices:
            raise UsageProblem("bad-argument", name=self.name, reason="one-of", choices=self.choices)
        if len(value) > self.high or any(len(text) > max(self.high, 1_000) for text in texts):
            raise UsageProblem("bad-argument", name=self.name, reason="too-long", high=self.high)
        clean = [kept(text) for text in texts]
        return clean if self.kind == "strings" else clean[0]


def kept(text: str) -> str:
    """A text as it can be kept: a lone surrogate is no character, and neither is a NUL for SQLite."""
    return text.encode("utf-8", "replace").decode().replace("\0", " ")


def schema(arguments: Sequence[Argument]) -> dict[str, Any]:
    """The JSON Schema of what a tool takes."""
    return {
        "type": "object",
        "properties": {argument.name: argument.schema() for argument in arguments},
        "required": [argument.name for argument in arguments if argument.required],
        "additionalProperties": False,
    }


def checked(arguments: Sequence[Argument], given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given, each argument with its value or default.

    Raises:
        UsageProblem: something may not be given, or is missing ('bad-argument').
    """
    for name in given.keys() - {argument.name for argument in arguments}:
        raise UsageProblem("bad-argument", name=name[:100], reason="no-such-argument")
    values = {}
    for argument in arguments:
        value = given.get(argument.name)  # null is as if it were not given
        if value is None and argument.required:
            raise UsageProblem("bad-argument", name=argument.name, reason="not-given")
        values[argument.name] = argument.default if value is None else argument.checked(value)
    return values
