"""An export as a directory: LDIF or CSV files, whole and new enough, or not read at all."""
