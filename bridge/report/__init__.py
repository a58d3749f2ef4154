"""The report for an auditor: who is in which managed group and why, as one file that stands alone."""
