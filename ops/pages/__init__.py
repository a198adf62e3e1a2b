"""The parts of the pages that are made from the code: tables between markers, and docs/configuration.md as a whole."""
