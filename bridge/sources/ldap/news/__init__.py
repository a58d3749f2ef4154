"""What changed in an LDAP directory since a mark, in the two ways that servers have to tell it."""
