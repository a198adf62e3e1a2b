"""The data plane: what the program renders, run by the real Tempo."""
