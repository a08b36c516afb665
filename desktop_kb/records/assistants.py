"""What is known of the assistants that ask a library."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AssistantCall:
    """A call of an assistant: when, in UTC, the client as it calls itself, the tool, and what was asked."""

    at: str
    client: str
    tool: str
    question: str
