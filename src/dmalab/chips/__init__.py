"""Facts about chips: one TOML file per part, read into the frozen classes of `dmalab.chips.model`.

Every figure names its source; what no public source settles is listed in the file's `assumed` array. Nothing here behaves.
"""

from dmalab.chips.loader import ChipError, load, names, with_line_bytes, with_psram

__all__ = ["ChipError", "load", "names", "with_line_bytes", "with_psram"]
