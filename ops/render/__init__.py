"""`render`: every object of a stack as YAML, recorded from the program itself."""
