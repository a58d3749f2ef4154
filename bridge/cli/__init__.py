"""The commands: arguments in, tables and exit codes out. The only place that prints."""
