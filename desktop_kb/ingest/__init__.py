"""Turns queued files into passages that a search finds.

    decide       by size, time and hash: is the file unchanged, a duplicate, or to be read?
    prepare      extract the text and encode it, each in a child process
    prefetch     prepare the next file on a second thread meanwhile
    encode       one text with one model: sentences, windows, vectors; staged every 10 s
    passages     sentences and their vectors -> passages; pure
    turn         the job being processed
    recognition  pages whose words stand in their pictures, when nothing else is to be read
    loop         process one job after another; a job ends in the transaction that stores its document
    pace         how fast a model reads this library here
    generations  re-encode all documents for another model, while the active generation serves searches

If the process is killed, the library has either the old document or the new one, and at most one staging
interval of encoding is lost.
"""

from desktop_kb.ingest.generations import fingerprint, first_reader, wanted
from desktop_kb.ingest.loop import Ingest
from desktop_kb.ingest.pace import seconds_a_passage

__all__ = ["Ingest", "fingerprint", "first_reader", "seconds_a_passage", "wanted"]
