"""The parts of `init`: what it asks, how each answer is tried, and what it writes.

asking      an answer: by an option, by a question, or an error that names the option
secret      where a secret will stand, and what it is while the answers are tried
trial       what is answered so far, as a configuration
ldap, entra, file, hyperproof    the questions about each side, tried at once
groups      which directory groups feed which managed groups
output      the file, which is there whole or not at all
rehearsal   the answers for the sandbox
"""
