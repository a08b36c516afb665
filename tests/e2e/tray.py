"""A tray (StatusNotifierItem, as Plasma has) that shows nothing, for `desktop.py`: run by the system's Python."""

from __future__ import annotations

from typing import Any

import gi  # type: ignore[import-untyped,import-not-found,unused-ignore]

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # type: ignore[import-untyped,import-not-found,unused-ignore] # noqa: E402

_INTERFACE = """<node><interface name="org.kde.StatusNotifierWatcher">
<method name="RegisterStatusNotifierItem"><arg type="s" direction="in"/></method>
<property name="IsStatusNotifierHostRegistered" type="b" access="read"/>
<property name="RegisteredStatusNotifierItems" type="as" access="read"/>
<property name="ProtocolVersion" type="i" access="read"/>
</interface></node>"""
_VALUES = {
    "IsStatusNotifierHostRegistered": GLib.Variant("b", True),
    "RegisteredStatusNotifierItems": GLib.Variant("as", []),
    "ProtocolVersion": GLib.Variant("i", 0),
}


def called(*arguments: Any) -> None:
    """Take an item."""
    arguments[-1].return_value(None)


def acquired(connection: Any, _name: str) -> None:
    """Be the tray."""
    interface = Gio.DBusNodeInfo.new_for_xml(_INTERFACE).interfaces[0]
    connection.register_object(
        "/StatusNotifierWatcher", interface, called, lambda *asked: _VALUES[asked[-1]], None
    )


Gio.bus_own_name(Gio.BusType.SESSION, "org.kde.StatusNotifierWatcher", 0, acquired, None, None)
GLib.MainLoop().run()
