"""Hyperproof Bridge keeps Hyperproof groups equal to what the company's directory says."""

__version__ = "0.1.0"
