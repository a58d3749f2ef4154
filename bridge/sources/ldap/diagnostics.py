"""What Active Directory means by its diagnostic messages, and what to do about it.

They look like these. The number in front, and the one behind `data` of a sign-in, are Windows' own error codes in
hexadecimal (MS-ERREF 2.2), the same in every language of the server:

    80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data 52e, v3839
    00002028: LdapErr: DSID-0C090202, comment: The server requires binds to turn on integrity checking ..., data 0
    000004DC: LdapErr: DSID-0C090A5C, comment: In order to perform this operation a successful bind must be ...
"""

import re
from collections.abc import Mapping
from typing import Final

_SIGN_IN: Final = re.compile(r"AcceptSecurityContext error, data ([0-9a-f]+)", re.IGNORECASE)
_OTHERWISE: Final = re.compile(r"(?:^|[\s(])([0-9A-F]{8}): [A-Za-z]+Err: DSID-")

_SIGN_IN_REMEDIES: Final[Mapping[str, str]] = {
    "525": "there is no such user: correct the bind user",
    "52e": "the user or the password is wrong: correct the bind user and password",
    "530": "the account may not sign in at this hour: widen its logon hours",
    "531": "the account may sign in at certain computers only: let it sign in to the domain controllers, too",
    "532": "the password has expired: change it, there and here, and let it not expire again",
    "533": "the account is disabled: enable it",
    "701": "the account has expired: move its end date",
    "773": "the password has to be changed before it is used: change it, there and here",
    "775": "the account is locked: unlock it, and find out who signs in as it with a wrong password",
    "80090346": "the server wants Kerberos tied to its own TLS (channel binding), and got it tied to another's: "
    "connect to the server itself, with nothing in between that ends TLS",
}
"""By what stands behind `data`."""

_REMEDIES: Final[Mapping[str, str]] = {
    "00002028": "the server takes no sign-in in the clear: use ldaps:// or StartTLS",
    "000004DC": "choose another bind method than anonymous, who is shown nothing",
}
"""By what stands in front."""

_SAMBA_SEAL: Final = "Sign or Seal are required"
_SAMBA_REMEDY: Final = (
    "this Samba takes Kerberos within TLS only with `ldap server require strong auth = allow_sasl_over_tls`: "
    "set that there and use ldaps:// or StartTLS, or sign in with a password"
)


def remedy_in(message: str) -> str:
    """What to do about a result with this message, or words with it in them; empty where it is not known."""
    if found := _SIGN_IN.search(message):
        return _SIGN_IN_REMEDIES.get(found[1].lower(), "")
    if found := _OTHERWISE.search(message):
        return _REMEDIES.get(found[1], "")
    return _SAMBA_REMEDY if _SAMBA_SEAL in message else ""
