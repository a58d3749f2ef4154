"""Directories: each source reads one, and knows nothing of Hyperproof."""
