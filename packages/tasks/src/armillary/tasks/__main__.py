"""`python -m armillary.tasks worker app:app`."""

import sys

from ._command import main

sys.exit(main(sys.argv[1:]))
