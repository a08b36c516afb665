"""From a waiting file to passages that can be found.

    decide       is it as it was, a copy of another, or to be read? (a hash)
    prepare      read it (child) and encode it (child); the next file is prepared meanwhile (`prefetch`)
    encode       one text by one model: sentences, windows, vectors, staged every few seconds
    passages     sentences and what the encoder said of them -> passages; pure
    loop         one job after the other, each ended in the transaction that stores its document
    generations  what every document is cut into once more for another model, behind the one that serves

A kill at any moment leaves the old document or the new one and costs at most one staging interval of
encoding.
"""

from desktop_kb.ingest.generations import fingerprint
from desktop_kb.ingest.loop import Ingest

__all__ = ["Ingest", "fingerprint"]
