"""One script for each revision, in the order of their names. A published one is never changed."""
