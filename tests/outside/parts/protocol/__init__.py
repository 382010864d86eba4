"""Protocols: real servers and proxies, and the crawler's client."""
