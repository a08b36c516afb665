"""The parent's side of the recognition child: starts it, bounds its time, memory and output, checks its answers."""

from __future__ import annotations

import threading
from typing import Final

from desktop_kb.errors import Problem, WorkerDied
from desktop_kb.records import Picture, RecognizedLine, unpack_lines
from desktop_kb.worker import Flag, Limits, Worker, turn

#: A page of A4 takes 6 s on one core. The memory was measured to be 460 MB at most.
LIMITS: Final = Limits(timeout_s=60.0, memory_bytes=900 * 2**20, output_bytes=8 * 2**20)
#: One core. And glibc gives back the large blocks of each page: else it keeps them between small ones that are in use,
#: and grows to 570 MB instead of 460 with photos of 11 megapixels, in the same time. A lower bound costs twice that.
_ENVIRONMENT: Final = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": str(8 * 2**20),
    "MALLOC_TRIM_THRESHOLD_": str(128 * 2**20),
}


class Recognizer:
    """Reads pictures of pages one at a time in a child, which is started when needed and reused. Thread-safe."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._limits = limits
        self._worker = Worker("recognize", _ENVIRONMENT)
        self._one_at_a_time = threading.Lock()

    def recognize(self, picture: Picture, *, cancelled: Flag | None = None) -> tuple[RecognizedLine, ...]:
        """The lines of a page, in no order.

        Raises:
            Problem: the page cannot be read ('page-not-recognized'), or none can ('recognition-missing').
            Cancelled: `cancelled` was set before the answer came.
        """
        header = {"do": "recognize", "width": picture.width, "height": picture.height}
        with turn(self._one_at_a_time, cancelled):
            try:
                answer = self._worker.call(
                    header, (picture.pixels,), limits=self._limits, cancelled=cancelled
                )
                (packed,) = answer.blobs
                return unpack_lines(packed)
            except WorkerDied as death:
                raise Problem("page-not-recognized", reason=death.reason) from death
            except (ValueError, TypeError) as error:
                self._worker.stop()  # the picture may have taken over the child
                raise Problem("page-not-recognized", reason="crashed") from error

    def stop(self) -> None:
        """End the child, which gives its memory back; the next page starts another."""
        self._worker.stop()

    def close(self) -> None:
        """End the child and refuse further pages."""
        self._worker.close()
