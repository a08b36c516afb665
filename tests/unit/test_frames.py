from __future__ import annotations

import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_kb.frames import FrameTooLong, frame, read_frame

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text().filter(lambda k: k != "blobs"), _JSON, max_size=4), st.lists(st.binary()))
def test_a_frame_comes_back_as_it_went(header: dict[str, object], blobs: list[bytes]) -> None:
    data = frame(header, blobs)
    message = read_frame(io.BytesIO(data), lambda: len(data))
    assert message is not None
    assert message.header == header
    assert list(message.blobs) == blobs


@given(st.binary(max_size=40))
def test_bytes_that_are_no_frame_never_do_more_than_fail(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        read_frame(io.BytesIO(data), lambda: 1000)


def test_a_frame_cut_short_is_the_end_of_the_stream() -> None:
    data = frame({"a": 1}, [b"blob"])
    assert all(read_frame(io.BytesIO(data[:n]), lambda: 1000) is None for n in range(len(data)))


def test_a_frame_over_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(FrameTooLong):
        read_frame(io.BytesIO(frame({}, [b"x" * 100])), lambda: 100)
    with pytest.raises(FrameTooLong):
        read_frame(io.BytesIO(b"\xff\xff\xff\xff"), lambda: 2**40)


def test_a_header_nested_without_end_is_no_frame() -> None:
    head = b"[" * 200_000
    with pytest.raises(ValueError):  # noqa: PT011 (that type is the contract)
        read_frame(io.BytesIO(len(head).to_bytes(4, "big") + head), lambda: 2**20)
