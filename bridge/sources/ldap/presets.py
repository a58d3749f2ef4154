"""What entries look like in the directories that most companies have."""

from dataclasses import replace
from typing import Final

from bridge.sources.ldap.schema import MemberAttribute, MemberSyntax, Schema

_OPENLDAP: Final = Schema(
    people_filter="(objectClass=inetOrgPerson)",
    person_id="entryUUID",
    addresses=("mail",),
    person_name=("displayName", "cn"),
    login="uid",
    disabled_filter="(pwdAccountLockedTime=000001010000Z)",
    group_filter=(
        "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)"
        "(objectClass=groupOfMembers)(objectClass=groupOfURLs))"
    ),
    group_id="entryUUID",
    group_name="cn",
    members=(MemberAttribute("member"), MemberAttribute("uniqueMember")),
    dn_attribute="entryDN",
    ignore_members=("cn=nobody",),  # what OpenLDAP's refint overlay usually leaves in place of the last member
    member_urls="memberURL",
    owner="owner",
)

_RFC2307: Final = Schema(
    people_filter="(objectClass=posixAccount)",
    person_id="entryUUID",
    addresses=("mail",),
    person_name=("displayName", "gecos", "cn"),
    login="uid",
    disabled_filter="(pwdAccountLockedTime=000001010000Z)",
    group_filter="(objectClass=posixGroup)",
    group_id="entryUUID",
    group_name="cn",
    members=(MemberAttribute("memberUid", MemberSyntax.LOGIN),),
    dn_attribute="entryDN",
    owner="owner",
)

_ACTIVE_DIRECTORY: Final = Schema(
    people_filter="(&(objectCategory=person)(objectClass=user))",
    person_id="objectGUID",
    addresses=("mail", "userPrincipalName"),
    person_name=("displayName", "cn"),
    login="sAMAccountName",
    disabled_filter="(userAccountControl:1.2.840.113556.1.4.803:=2)",  # the bit ACCOUNTDISABLE
    group_filter="(objectCategory=group)",
    group_id="objectGUID",
    group_name="sAMAccountName",
    members=(MemberAttribute("member"),),
    dn_attribute="distinguishedName",
    security_id="objectSid",
    primary_group="primaryGroupID",
    group_type="groupType",
    owner="managedBy",
    ignore_referrals=("dc=domaindnszones", "dc=forestdnszones", "cn=configuration", "cn=schema"),
)

_389DS: Final = replace(
    _OPENLDAP,
    person_id="nsUniqueId",
    group_id="nsUniqueId",
    # set on the entry itself, or by the role that older tools lock accounts with
    disabled_filter="(|(nsAccountLock=true)(nsRoleDN=cn=nsManagedDisabledRole*))",
    ignore_members=(),
)

_FREEIPA: Final = replace(
    _389DS,
    people_filter="(&(objectClass=posixAccount)(objectClass=person))",
    person_id="ipaUniqueID",
    group_filter="(objectClass=ipaUserGroup)",
    group_id="ipaUniqueID",
    disabled_filter="(nsAccountLock=true)",
    members=(MemberAttribute("member"),),
    member_urls="",
)

PRESETS: Final = {
    "active-directory": _ACTIVE_DIRECTORY,
    "openldap": _OPENLDAP,
    "rfc2307": _RFC2307,
    "389ds": _389DS,
    "freeipa": _FREEIPA,
}
