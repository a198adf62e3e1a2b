"""The command line, `python -m ops`: what a stack gets (`plan`) and what it declares (`render`)."""
