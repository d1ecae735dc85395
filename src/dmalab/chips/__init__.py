"""Facts about chips: one TOML file per part, read into the frozen classes of `dmalab.chips.model`.

Every figure names its source; what no public source settles is listed in the file's `assumed` array. Nothing here behaves.
"""

from dmalab.chips.error import ChipError
from dmalab.chips.loader import load, names
from dmalab.chips.variants import option_names, with_line_bytes, with_options, with_psram

__all__ = ["ChipError", "load", "names", "option_names", "with_line_bytes", "with_options", "with_psram"]
