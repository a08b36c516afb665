"""Reading a document: its pages or its text, at a passage."""
