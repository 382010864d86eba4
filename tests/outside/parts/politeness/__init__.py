"""Politeness: what hosts see, and hosts that are slow, silent, endless or parked."""
