"""What comes into the library, and how far it is read."""
