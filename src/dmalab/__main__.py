"""`python -m dmalab` is the command line."""

import sys

from dmalab.cli import main

sys.exit(main())
