"""Fixes that are proved: a change is proposed, applied to a copy, built and run again, and judged by what the new run finds.

In reading order: `source` finds calls and statements in C text, `edit` changes text, `anchors` connects a finding with the calls it is
about, one module per family proposes (`coherency`, `lifetime`, `memory`), `propose` picks, `verify` judges, `session` puts it together.

Nothing is guessed: where the call, its buffer or the semaphore can't be seen in the source, no fix is proposed. Only ESP-IDF's calls are
known.
"""
