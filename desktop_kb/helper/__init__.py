"""The helper: one process for a person and a library that keeps the models loaded.

It answers searches of the terminal, which need no imports of their own then, and encodes for every program that has
this library open, so that the models are loaded once. It holds no library open between two searches and never
indexes: a library that is moved, deleted or restored meanwhile is what the next search finds.

`channel` is where it listens and who may speak to it, `client` reaches and starts it, `link` is what an open library
asks of it. The process itself is `desktop_kb.helper_process`, a terminal's search `desktop_kb.helper_search`.
"""
