"""Make `resources/calibration.json`: what the models that come with the program say of the general texts.

    python tests/bench/means.py

The texts (`resources/general.json`) were written for this: questions and short passages of every kind in English
and Chinese, translations of each other; none is of a test collection. Run it again when a model, its prompts or
the texts change; `tests/unit/search/test_calibration.py` says when that was forgotten. Takes seconds.
"""

from __future__ import annotations

import json

from desktop_kb import paths
from desktop_kb.inference import find_embedder
from desktop_kb.inference.catalogue import EMBEDDED
from desktop_kb.search.calibration import as_json, measure


def main() -> None:
    found = {}
    for model in EMBEDDED:
        embedder = find_embedder(name=model.id)
        if embedder is None:
            raise SystemExit(f"{model.id} is not installed")
        found[embedder.fingerprint] = as_json(measure(embedder))
        embedder.close()
    paths.resource("calibration.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
