"""LDAP directories, read over ldap3: complete, or with doubts that say what is missing."""
