"""The documents of the library, and how one of them was cut."""
