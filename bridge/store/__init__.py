"""What must outlive a run, in one database: memory, intents, held changes, and the audit chain."""
