"""How a thing of the model looks: pure functions from model types to pieces of text with a role. No widget, no clock, no console here."""
