"""The thinking: values in, values out. No clock, no network, no file, no log."""
