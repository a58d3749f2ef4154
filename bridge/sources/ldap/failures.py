"""What ldap3 raises and what servers answer, turned into our errors and doubts, with the remedy."""

import ssl
from collections.abc import Mapping
from typing import Final

from ldap3.core import exceptions as ldap

from bridge.errors import Denied, IncompleteRead, RemoteError, Unavailable, excerpt
from bridge.sources.ldap.diagnostics import remedy_in

_SUCCESS: Final = 0
_REFERRAL: Final = 10
_INVALID_CREDENTIALS: Final = 49


class CredentialsRefused(Denied):
    """The password or certificate is wrong: the same on every server, and asking them all may lock the account."""


_UNAVAILABLE: Final[tuple[type[ldap.LDAPException], ...]] = (
    ldap.LDAPCommunicationError,
    ldap.LDAPConnectionPoolNotStartedError,
    ldap.LDAPMaximumRetriesError,
    ldap.LDAPResponseTimeoutError,
    ldap.LDAPServerPoolError,
    ldap.LDAPServerPoolExhaustedError,
    ldap.LDAPBusyResult,
    ldap.LDAPUnavailableResult,
    ldap.LDAPOtherResult,
    ldap.LDAPLCUPResourcesExhaustedResult,
)
"""Another server, or the next run, may do better."""

_INCOMPLETE: Final[tuple[type[ldap.LDAPException], ...]] = (
    ldap.LDAPControlError,
    ldap.LDAPExtensionError,
    ldap.LDAPInfoError,
    ldap.LDAPInvalidValueError,
    ldap.LDAPLDIFError,
    ldap.LDAPMetricsError,
    ldap.LDAPObjectError,
    ldap.LDAPAttributeError,
    ldap.LDAPKeyError,
    ldap.LDAPCursorError,
    ldap.LDAPObjectDereferenceError,
    ldap.LDAPSchemaError,
    ldap.LDAPSignatureVerificationFailedError,
    ldap.LDAPTransactionError,
    ldap.LDAPUnknownResponseError,
    ldap.LDAPReferralError,
    ldap.LDAPAdminLimitExceededResult,
    ldap.LDAPAffectMultipleDSASResult,
    ldap.LDAPAliasDereferencingProblemResult,
    ldap.LDAPAliasProblemResult,
    ldap.LDAPCanceledResult,
    ldap.LDAPCannotCancelResult,
    ldap.LDAPESyncRefreshRequiredResult,
    ldap.LDAPLCUPInvalidDataResult,
    ldap.LDAPLCUPReloadRequiredResult,
    ldap.LDAPLCUPSecurityViolationResult,
    ldap.LDAPLCUPUnsupportedSchemeResult,
    ldap.LDAPLoopDetectedResult,
    ldap.LDAPNoSuchOperationResult,
    ldap.LDAPReferralResult,
    ldap.LDAPSizeLimitExceededResult,
    ldap.LDAPTimeLimitExceededResult,
    ldap.LDAPTooLateResult,
)
"""There is an answer, but part of it is missing or makes no sense."""

_DENIED: Final[tuple[type[ldap.LDAPException], ...]] = (
    ldap.LDAPBindError,
    ldap.LDAPCertificateError,
    ldap.LDAPChangeError,
    ldap.LDAPConfigurationError,
    ldap.LDAPConnectionIsReadOnlyError,
    ldap.LDAPConnectionPoolNameIsMandatoryError,
    ldap.LDAPInvalidDereferenceAliasesError,
    ldap.LDAPInvalidDnError,
    ldap.LDAPInvalidFilterError,
    ldap.LDAPInvalidHashAlgorithmError,
    ldap.LDAPInvalidPortError,
    ldap.LDAPInvalidScopeError,
    ldap.LDAPInvalidServerError,
    ldap.LDAPInvalidTlsSpecificationError,
    ldap.LDAPObjectClassError,
    ldap.LDAPPasswordIsMandatoryError,
    ldap.LDAPSASLBindInProgressError,
    ldap.LDAPSASLMechanismNotSupportedError,
    ldap.LDAPSASLPrepError,
    ldap.LDAPSSLNotSupportedError,
    ldap.LDAPStartTLSError,
    ldap.LDAPUnknownRequestError,
    ldap.LDAPUserNameIsMandatoryError,
    ldap.LDAPUserNameNotAllowedError,
    ldap.LDAPAssertionFailedResult,
    ldap.LDAPAttributeOrValueExistsResult,
    ldap.LDAPAuthMethodNotSupportedResult,
    ldap.LDAPAuthorizationDeniedResult,
    ldap.LDAPConfidentialityRequiredResult,
    ldap.LDAPConstraintViolationResult,
    ldap.LDAPEntryAlreadyExistsResult,
    ldap.LDAPInappropriateAuthenticationResult,
    ldap.LDAPInappropriateMatchingResult,
    ldap.LDAPInsufficientAccessRightsResult,
    ldap.LDAPInvalidAttributeSyntaxResult,
    ldap.LDAPInvalidDNSyntaxResult,
    ldap.LDAPNamingViolationResult,
    ldap.LDAPNoSuchAttributeResult,
    ldap.LDAPNoSuchObjectResult,
    ldap.LDAPNotAllowedOnNotLeafResult,
    ldap.LDAPNotAllowedOnRDNResult,
    ldap.LDAPObjectClassModsProhibitedResult,
    ldap.LDAPObjectClassViolationResult,
    ldap.LDAPOperationsErrorResult,
    ldap.LDAPProtocolErrorResult,
    ldap.LDAPSASLBindInProgressResult,
    ldap.LDAPStrongerAuthRequiredResult,
    ldap.LDAPUnavailableCriticalExtensionResult,
    ldap.LDAPUndefinedAttributeTypeResult,
    ldap.LDAPUnwillingToPerformResult,
)
"""A person has to change something: here, or on the server."""

REACTIONS: Final[Mapping[type[ldap.LDAPException], type[RemoteError]]] = {
    **dict.fromkeys(_UNAVAILABLE, Unavailable),
    **dict.fromkeys(_INCOMPLETE, IncompleteRead),
    **dict.fromkeys(_DENIED, Denied),
    ldap.LDAPInvalidCredentialsResult: CredentialsRefused,
}
"""Our error for each class of ldap3's, or for the nearest class above it."""

_REMEDIES: Final[Mapping[int, str]] = {
    1: "the server may want a bind first: check the bind settings",
    3: "raise the time limit for the service account on the server (in Active Directory's LDAP policy, "
    "MaxQueryDuration), or index the attributes in the filters",
    4: "raise the size limit for the service account on the server; it has to cover paged searches too",
    7: "choose a bind method that the server offers",
    8: "the server wants a secured connection: use ldaps:// or StartTLS",
    11: "raise the administrative limits for the service account on the server (in Active Directory's LDAP "
    "policy, MaxResultSetSize and MaxTempTableSize), or choose a smaller page_size",
    13: "the server wants a secured connection: use ldaps:// or StartTLS",
    18: "a filter uses a match that the attribute does not have: correct the filter",
    32: "correct the base DN, or let the service account see it",
    34: "correct the base DN, which is not a well-formed one",
    48: "check the bind settings: the server wants another kind of sign-in",
    49: "check the bind user and its password, or the client certificate, and that the account is not locked",
    50: "let the service account read people and groups",
    51: "the server is busy; the next run tries again",
    52: "the server is going down or not ready; the next run tries again",
    53: "the server refuses this sign-in or search; its log says why",
}

_TLS_REMEDIES: Final[Mapping[int, str]] = {
    10: "its certificate has expired: renew it on the server",
    18: "its certificate is signed by itself: name that certificate in ca_file",
    19: "its authority is not known here: name the authority's certificate in ca_file",
    20: "its authority is not known here: name the authority's certificate in ca_file",
    21: "its authority is not known here, or the server does not send its chain: set ca_file",
    62: "the certificate is for another name: use a name in servers that stands in the certificate",
    64: "the certificate is not for this IP address: use a name in servers that stands in the certificate",
}
"""By OpenSSL's verification code."""

_MESSAGE_REMEDIES: Final[Mapping[type[ldap.LDAPException], str]] = {
    ldap.LDAPPasswordIsMandatoryError: "set the bind password, which is empty",
    ldap.LDAPUserNameIsMandatoryError: "set the bind user, which is empty",
    ldap.LDAPStartTLSError: "the server offers no StartTLS here: use ldaps://, or set it up on the server",
    ldap.LDAPInvalidDnError: "correct the base DN, which is not a well-formed one",
    ldap.LDAPSASLPrepError: "the bind password has characters that LDAP does not allow",
}


def translated(system: str, error: Exception, doing: str) -> RemoteError:
    """Our error for whatever comes out of ldap3; `doing` says what was tried."""
    if isinstance(error, ldap.LDAPOperationResult):
        words = result_words(error.result, error.description, error.message)
        remedy = remedy_for(error.result, words)
        return _reaction(type(error))(system, f"{doing} ended with {words}{_remedy(remedy)}")
    if isinstance(error, ldap.LDAPException):
        remedy = next((_MESSAGE_REMEDIES[kind] for kind in type(error).__mro__ if kind in _MESSAGE_REMEDIES), "")
        what = excerpt(str(error)) or type(error).__name__
        return _reaction(type(error))(system, f"{doing} failed ({what}){_remedy(remedy)}")
    if isinstance(error, OSError):
        return Unavailable(system, f"{doing} failed ({excerpt(str(error))})")
    return IncompleteRead(system, f"{doing} got an answer that makes no sense ({excerpt(repr(error))})")


def untrusted(system: str, error: OSError) -> RemoteError:
    """Our error for a TLS handshake that failed."""
    if not isinstance(error, ssl.SSLError):
        return Unavailable(system, f"the TLS handshake did not come to its end ({excerpt(str(error))})")
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return Unavailable(system, "the server hung up during the TLS handshake")
    if isinstance(error, ssl.SSLCertVerificationError):
        remedy = _TLS_REMEDIES.get(error.verify_code, "check ca_file and the server's certificate")
        return Denied(system, f"the server is not trusted ({error.verify_message}); {remedy}")
    return Denied(system, f"TLS failed ({excerpt(str(error))}); check that this port speaks TLS")


def refused(system: str, code: int, doing: str, words: str) -> RemoteError | None:
    """Our error for a search that ended with this result before its first entry; none for success and referral."""
    if code in {_SUCCESS, _REFERRAL}:
        return None
    kind = ldap.exception_table.get(code, ldap.LDAPOperationResult)
    return _reaction(kind)(system, f"{doing} ended with {words}{_remedy(remedy_for(code, words))}")


def result_words(code: int, description: str, message: str = "") -> str:
    """A server's result in words: `4 sizeLimitExceeded (its own message)`."""
    own = f" ({excerpt(message.replace(chr(0), ''))})" if message else ""
    return f"{code} {description}{own}"


def remedy_for(code: int, words: str) -> str:
    """What to do about a result, by its words or else its code; empty where nothing in particular is known."""
    return remedy_in(words) or _REMEDIES.get(code, "")


def _reaction(kind: type[ldap.LDAPException]) -> type[RemoteError]:
    return next((REACTIONS[base] for base in kind.__mro__ if base in REACTIONS), IncompleteRead)


def _remedy(text: str) -> str:
    return f"; {text}" if text else ""
