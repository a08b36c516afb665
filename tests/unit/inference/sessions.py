"""Asks installed models through the encoder child's own `Session`, several in one process.

    python tests/unit/inference/sessions.py < JSON

reads a list of [model, folder] and prints one answer for each, shaped as those of `tiny.py`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from tiny import PASSAGES, QUERY

from desktop_kb.inference.catalogue import model_of
from desktop_kb.inference.encoder_worker import Session
from desktop_kb.worker import Message

SENTENCES = list(PASSAGES)


def message(*texts: str, **fields: Any) -> Message:
    return Message(fields, tuple(text.encode() for text in texts))


def floats(answer: Message, width: int) -> Any:
    return np.frombuffer(answer.blobs[0], np.float32).reshape(-1, width)


def ask(session: Session, dimensions: int) -> dict[str, Any]:
    if not dimensions:
        together = floats(session.score(message(QUERY, *PASSAGES)), 1)[:, 0]
        alone = [floats(session.score(message(QUERY, text)), 1)[0, 0] for text in PASSAGES]
        return {
            name: (1 / (1 + np.exp(-np.array(found)))).tolist()
            for name, found in (("scores", together), ("alone", alone))
        }
    return {
        "query": floats(session.query(message(QUERY)), dimensions)[0].tolist(),
        "passages": floats(session.passages(message(*PASSAGES)), dimensions).tolist(),
        "alone": [floats(session.passages(message(text)), dimensions)[0].tolist() for text in PASSAGES],
        "sentences": floats(session.windows(message(*PASSAGES, counts=[3, 5])), dimensions).tolist(),
    }


if __name__ == "__main__":
    result = []
    for record, folder in json.loads(sys.argv[1]):
        model = model_of(record)
        result.append(ask(Session(model, Path(folder), 1, "cpu"), model.dimensions))
    json.dump(result, sys.stdout)
