"""The Pulumi program: stack config in, a running TempoStack out."""

import pulumi

from allocation import allocate
from components.program import read_secrets, read_settings
from components.stack import TempoStack, TempoStackArgs

settings = read_settings()  # what is wanted, or one line per mistake
plan = allocate(settings)  # every number, exact, and what there is to say against it
secrets = read_secrets(settings, plan)  # nothing is registered before this line

stack = TempoStack(settings.name, TempoStackArgs(settings, plan, secrets))

for name, value in stack.outputs.items():
    pulumi.export(name, value)
