"""What a person has to be told of, and how it is told.

matter    what it is, found in the store; the status page shows the same
letter    what is told of it
shapes    a letter in JSON, for Slack, for Teams
channels  a webhook, and mail
round     one round on a channel: each matter once, and again when it is another
"""
