"""The evidence: chained records, their stream, their verification and their export."""
