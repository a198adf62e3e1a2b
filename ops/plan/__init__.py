"""`plan`: what each container of a stack gets, as a table, JSON, Markdown or HTML."""
