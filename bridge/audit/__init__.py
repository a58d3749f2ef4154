"""The evidence: records, their chain, the files they go out to, and how all of it is proved and searched."""
