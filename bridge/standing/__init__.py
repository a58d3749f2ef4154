"""How it all stands, by what the store has: gathered once, shown by the status page and by `status`."""
