"""Fixes that are proved: a change is proposed, applied to a copy, built and run again, and judged by what the new run finds.

In reading order: `source` finds calls and statements in C text, `edit` changes text, `transfers` is one start of an engine as the source
tells it, `dialect` is what differs by vendor (`idf`, `zephyr`), `anchors` connects a finding with the transfers it is about, one module
per family proposes (`coherency`, `memory`, `lifetime` and its `waits`), `propose` picks. `python` does all of it for scripts, a line at a
time. `verify` judges, `session` puts it together.

Nothing is guessed: where the call, its buffer or the semaphore can't be seen in the source, no fix is proposed.
"""
