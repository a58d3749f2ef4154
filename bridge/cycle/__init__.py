"""One run, from the first read to the last record. It alone orders reads and writes."""
