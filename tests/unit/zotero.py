"""A Zotero's database as tests need it: the tables of Zotero 5 and later that tell of files."""

from __future__ import annotations

from pathlib import Path

import apsw

_SCHEMA = """
create table items (itemID integer primary key, itemTypeID int not null, libraryID int, key text not null);
create table itemAttachments (itemID integer primary key, parentItemID int, linkMode int, contentType text, path text);
create table fields (fieldID integer primary key, fieldName text);
create table baseFieldMappings (itemTypeID int, baseFieldID int, fieldID int);
create table itemDataValues (valueID integer primary key, value unique);
create table itemData (itemID int, fieldID int, valueID int, primary key (itemID, fieldID));
create table creators (creatorID integer primary key, firstName text, lastName text, fieldMode int);
create table creatorTypes (creatorTypeID integer primary key, creatorType text);
create table itemCreators (itemID int, creatorID int, creatorTypeID int, orderIndex int);
create table tags (tagID integer primary key, name text not null unique);
create table itemTags (itemID int, tagID int, type int);
insert into creatorTypes values (1, 'author'), (2, 'editor'), (3, 'translator'), (4, 'director');
insert into fields values (1, 'title'), (2, 'date'), (3, 'publicationTitle'), (4, 'bookTitle'), (5, 'caseName'),
    (6, 'DOI');
insert into baseFieldMappings values (7, 1, 5), (8, 3, 4);
"""
_FIELDS = {"title": 1, "date": 2, "publicationTitle": 3, "bookTitle": 4, "caseName": 5, "DOI": 6}


class Zotero:
    """Writes one, over a connection that stays open and holds it locked, as the program does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        path = folder / "zotero.sqlite"
        path.unlink(missing_ok=True)
        self.connection = apsw.Connection(str(path))
        self.connection.pragma("locking_mode", "exclusive")
        self.connection.execute(_SCHEMA)
        self._last = 0

    def close(self) -> None:
        self.connection.close()

    def item(self, type: int = 1, key: str = "", **fields: str) -> int:
        """A new item with these fields."""
        self._last += 1
        item = self._last
        self.connection.execute(
            "insert into items values (?, ?, 1, ?)", (item, type, key or f"ITEM{item:04}")
        )
        for name, value in fields.items():
            self.say(item, name, value)
        return item

    def say(self, item: int, name: str, value: str) -> None:
        run = self.connection.execute
        run("insert or ignore into itemDataValues (value) values (?)", (value,))
        run(
            "insert or replace into itemData select ?, ?, valueID from itemDataValues where value = ?",
            (item, _FIELDS[name], value),
        )

    def by(self, item: int, last: str, first: str = "", type: int = 1) -> None:
        run = self.connection.execute
        run(
            "insert into creators (firstName, lastName, fieldMode) values (?, ?, ?)",
            (first, last, 0 if first else 1),
        )
        creator = self.connection.last_insert_rowid()
        run("insert into itemCreators select ?, ?, ?, count(*) from itemCreators", (item, creator, type))

    def tag(self, item: int, *names: str) -> None:
        for name in names:
            self.connection.execute("insert or ignore into tags (name) values (?)", (name,))
            self.connection.execute(
                "insert into itemTags select ?, tagID, 0 from tags where name = ?", (item, name)
            )

    def file(self, key: str, path: str, of: int | None = None) -> int:
        item = self.item(3, key)
        self.connection.execute("insert into itemAttachments values (?, ?, 0, '', ?)", (item, of, path))
        return item
