"""Texts that try what is odd about Unicode."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st

TEXTS = st.text(
    st.one_of(
        st.characters(),  # lone surrogates and NUL included
        st.sampled_from("abzABZ019._-+@/:&#',’ \n"),
        st.sampled_from("的资料資訊。！？“”《》（）Ａ１ﬁßİｶﾞ々〇⻓"),
        st.sampled_from("\u0301\u00ad\u200d\ufe0f\u0e33🎉👩𝑥éй한グ"),
    )
)


# The first call loads the dictionaries.
slow_start = settings(deadline=None)
