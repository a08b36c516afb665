"""What assistants have asked of a library."""

from __future__ import annotations

from desktop_kb.arguments import whole
from desktop_kb.kb.opened import OpenLibrary
from desktop_kb.records import AssistantCall
from desktop_kb.settings import load_for, save


class Assisting(OpenLibrary):
    """Methods for the calls of assistants (`desktop-kb mcp`), which are kept for 30 days."""

    def asked(self, limit: int = 200) -> list[AssistantCall]:
        """The last calls of assistants, the newest first."""
        return self._store.asked.find(whole("limit", limit, 1))

    def note_asked(self, client: str, tool: str, question: str) -> None:
        """Keep that an assistant has asked. Of a library that cannot be written nothing is kept."""
        if self._store.writable:
            self._store.asked.add(client, tool, question)

    @property
    def assistants(self) -> str:
        """What assistants may do with the library now, whoever has set it: 'off', 'read' or 'write'."""
        return load_for(self.library.root).mcp

    def allow_assistants(self, what: str) -> None:
        """Let assistants do this from now on: 'off', 'read' or 'write'. It holds at once, also for those that are
        connected.

        Raises:
            UsageProblem: it is none of these.
            StorageProblem: the library's settings cannot be written.
        """
        save(self.library.settings, {"mcp": what})
        self.settings = self.settings.change("mcp", what)

    def clear_asked(self) -> None:
        """Forget what assistants have asked."""
        self._store.asked.clear()
