"""`python -m ops`."""

import gc
import sys

gc.disable()  # imports leave no garbage, and looking for it while they run takes a fifth of their time

from ops.cli import main  # noqa: E402

code = main()
gc.freeze()  # nor is there anything to find at the end, where Python looks once more
sys.exit(code)
