"""What may stand in stack config: models with the shape of a TempoStack's spec, and Quantity."""

from settings.loader import load_config, load_file
from settings.mistakes import Mistake, SettingsError
from settings.quantity import Quantity, QuantityError
from settings.stack import Settings, Spec

__all__ = ["Mistake", "Quantity", "QuantityError", "Settings", "SettingsError", "Spec", "load_config", "load_file"]
