"""Hyperproof: its API as it is, and its groups as the cycle needs them."""
