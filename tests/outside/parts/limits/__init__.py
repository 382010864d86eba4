"""Limits: bodies, time, sockets, files, and a network that goes away."""
