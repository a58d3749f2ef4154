"""Scripts that bring a database from each version's tables to the next one's."""
