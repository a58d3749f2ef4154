"""The configuration file: read, checked whole, and turned into what the bridge decides by."""
