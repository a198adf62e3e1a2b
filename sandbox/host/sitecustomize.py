"""On the path of the programs that Pulumi's Python host runs in the sandbox: end quietly when the engine gives up.

The host interrupts the program when an update fails; Python would print a traceback after the API server's words.
"""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)
