"""Listens at the accessibility bus as a screen reader does, for `test_by_ear.py`: run by the system's Python, which has
`gi`. Prints a line of JSON for each announcement and each focused object; a line on stdin asks for the tree."""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

import gi  # type: ignore[import-untyped,import-not-found,unused-ignore]

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # type: ignore[import-untyped,import-not-found,unused-ignore] # noqa: E402


def write(line: dict[str, Any]) -> None:
    """Write a line of JSON."""
    sys.stdout.write(f"{json.dumps(line)}\n")
    sys.stdout.flush()


def told(accessible: Any) -> dict[str, Any]:
    """What a screen reader would say of an object."""
    states = accessible.get_state_set()
    said = {
        "role": accessible.get_role_name(),
        "name": accessible.get_name(),
        "showing": states.contains(Atspi.StateType.SHOWING),
        "focused": states.contains(Atspi.StateType.FOCUSED),
        "focusable": states.contains(Atspi.StateType.FOCUSABLE),
    }
    if area := accessible.get_component_iface():
        place = Atspi.Component.get_extents(area, Atspi.CoordType.SCREEN)
        said["box"] = [place.x, place.y, place.width, place.height]
    if text := accessible.get_text_iface():
        said["caret"] = Atspi.Text.get_caret_offset(text)
        said["text"] = Atspi.Text.get_text(text, 0, min(4000, Atspi.Text.get_character_count(text)))
    labels = [
        relation.get_target(0).get_name()
        for relation in accessible.get_relation_set()
        if relation.get_relation_type() == Atspi.RelationType.LABELLED_BY
    ]
    return said | {"labels": labels}


def tree(accessible: Any, depth: int = 0) -> list[dict[str, Any]]:
    """An object and what is in it."""
    found = [told(accessible) | {"depth": depth}]
    for at in range(min(accessible.get_child_count(), 60)):
        child = accessible.get_child_at_index(at)
        if child is not None and depth < 14:
            found += tree(child, depth + 1)
    return found


def window() -> Any:
    """The program under test."""
    desktop = Atspi.get_desktop(0)
    programs = [desktop.get_child_at_index(at) for at in range(desktop.get_child_count())]
    return next((one for one in programs if one is not None and one.get_name() == "Desktop KB"), None)


def heard(event: Any) -> None:
    """Print one event."""
    kind = event.type.split(":")[1] if event.type.startswith("object:announcement") else "focus"
    if kind == "focus" and not event.detail1:
        return
    try:
        line = {
            "event": kind,
            "words": event.any_data if kind == "announcement" else "",
            **told(event.source),
        }
    except GLib.Error:  # it is gone by now
        return
    write(line)


def write_tree() -> bool:
    """Write everything that the window shows; False, as GLib is to do it once."""
    write({"event": "tree", "tree": tree(window())})
    return False


def answer() -> None:
    """Write the tree for each line that is read."""
    for _ in sys.stdin:
        GLib.idle_add(write_tree)
    GLib.idle_add(Atspi.event_quit)


listener = Atspi.EventListener.new(heard)
for name in ("object:announcement", "object:state-changed:focused"):
    listener.register(name)
threading.Thread(target=answer, daemon=True).start()
write({"event": "ready"})
Atspi.event_main()
