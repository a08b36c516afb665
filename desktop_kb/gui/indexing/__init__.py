"""Adding files to the library, and the progress of indexing them."""
