"""The command line, `python -m ops`: what stacks get, what changes from one to another, what they declare."""
