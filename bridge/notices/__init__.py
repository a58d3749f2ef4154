"""What a person has to be told of, and how it is told.

matter    what it is, found in the store; the status page shows the same
"""
