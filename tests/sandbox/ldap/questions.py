"""What is asked of our server and of OpenLDAP's: entries, filters, bases, attribute lists."""

import ldap3

from tests.sandbox.ldap.client import BASE

_PLACES = """
dn: dc=example,dc=test
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: ou=people,dc=example,dc=test
objectClass: organizationalUnit
ou: people

dn: ou=groups,dc=example,dc=test
objectClass: organizationalUnit
ou: groups
description: All   the
  groups

dn: ou=old,ou=groups,dc=example,dc=test
objectClass: organizationalUnit
ou: old
"""
_PEOPLE = """
dn: uid=anna,ou=people,dc=example,dc=test
objectClass: inetOrgPerson
objectClass: posixAccount
uid: anna
cn: Anna  Smith
cn;lang-de: Anna Schmidt
sn: Smith
mail: Anna@Example.test
mail: anna.smith@example.test
uidNumber: 5
gidNumber: 7
homeDirectory: /home/Anna
employeeNumber: 12
telephoneNumber: +49 30-123 456

dn: uid=bert,ou=people,dc=example,dc=test
objectClass: inetOrgPerson
objectClass: posixAccount
uid: bert
cn: Bert (the *) Back\\slash
sn: Back
uidNumber: 514
gidNumber: 12
homeDirectory: /home/bert
manager: UID=anna, OU=People,dc=example,dc=test

dn: cn=Doe\\, John,ou=people,dc=example,dc=test
objectClass: inetOrgPerson
uid: john
cn: Doe, John
sn: Doe
jpegPhoto:: /9j/4A==

dn: cn=Zoë+uid=zoe,ou=people,dc=example,dc=test
objectClass: inetOrgPerson
uid: zoe
cn: Zoë
sn: Ångström
entryUUID: 0f0f0f0f-1111-2222-3333-444444444444
"""
_GROUPS = """
dn: cn=Auditors,ou=groups,dc=example,dc=test
objectClass: groupOfNames
cn: Auditors
cn: Prüfer
member: uid=Anna, ou=People,dc=Example,dc=test
member: cn=Doe\\, John,ou=people,dc=example,dc=test
member: cn=gone,ou=people,dc=example,dc=test

dn: cn=Risk,ou=groups,dc=example,dc=test
objectClass: groupOfNames
cn: Risk
member: cn=Auditors,ou=groups,dc=example,dc=test
owner: uid=anna,ou=people,dc=example,dc=test

dn: cn=Unique,ou=old,ou=groups,dc=example,dc=test
objectClass: groupOfUniqueNames
cn: Unique
uniqueMember: uid=anna,ou=people,dc=example,dc=test
uniqueMember: uid=bert,ou=people,dc=example,dc=test#'0101'B

dn: cn=posix,ou=old,ou=groups,dc=example,dc=test
objectClass: posixGroup
cn: posix
gidNumber: 7
memberUid: anna
memberUid: Bert
"""
_ENTRIES = (_PLACES + _PEOPLE + _GROUPS).strip().split("\n\n")
LDIF = "\n\n".join(f"{text}\ncreateTimestamp: 2024010{n % 9 + 1}000000Z" for n, text in enumerate(_ENTRIES)) + "\n"
"""The entries that both servers hold, each with the time when it was made."""


FILTERS = (
    "(objectClass=*)",
    "(objectClass=person)",
    "(objectClass=INETORGPERSON)",
    "(objectClass=top)",
    "(!(objectClass=person))",
    "(objectClass=noSuchClass)",
    "(!(objectClass=noSuchClass))",
    "(objectClass=computer)",
    "(uid=anna)",
    "(UID=ANNA)",
    "(uid= anna )",
    "(!(uid=anna))",
    "(cn=anna smith)",
    "(cn=anna    SMITH)",
    "(cn=annasmith)",
    "(commonName=Risk)",
    "(cn;lang-de=anna schmidt)",
    "(cn;lang-fr=anna schmidt)",
    "(cn=anna schmidt)",
    "(cn;lang-de=*)",
    r"(cn=bert \28the \2a\29 back\5cslash)",
    "(cn=doe, john)",
    "(cn=zoë)",
    "(cn=ZOË)",
    "(sn=ångström)",
    "(mail=anna@example.test)",
    "(mail=*)",
    "(!(mail=*))",
    "(mail=anna@*)",
    "(mail=*@EXAMPLE.test)",
    "(mail=*smith*)",
    "(mail=a*m*t)",
    "(mail=anna@example.test*test)",
    "(cn=anna *)",
    "(cn=* smith)",
    "(cn=*anna  smith)",
    "(cn=anna*smith)",
    r"(cn=*\2a*)",
    "(uidNumber=5)",
    "(uidNumber=05)",
    "(uidNumber=abc)",
    "(!(uidNumber=abc))",
    "(uidNumber>=5)",
    "(uidNumber>=6)",
    "(uidNumber<=5)",
    "(!(uidNumber<=5))",
    "(uidNumber>=-1)",
    "(uidNumber=*5*)",
    "(!(uidNumber=*5*))",
    "(uid>=b)",
    "(!(uid>=b))",
    "(homeDirectory=/home/anna)",
    "(homeDirectory=/home/Anna)",
    "(homeDirectory=/home/*)",
    "(memberUid=an*)",
    "(memberUid=AN*)",
    "(telephoneNumber=*30123*)",
    "(memberUid=bert)",
    "(memberUid=Bert)",
    "(telephoneNumber=+4930123456)",
    "(telephoneNumber=+49 30 12-34-56)",
    "(member=uid=anna,ou=people,dc=example,dc=test)",
    "(member=UID=anna , OU=PEOPLE,DC=example,dc=test)",
    r"(member=cn=Doe\5c, John,ou=people,dc=example,dc=test)",
    r"(member=cn=Doe\5c2c John,ou=people,dc=example,dc=test)",
    "(member=garbage)",
    "(!(member=garbage))",
    "(member=uid=anna*)",
    "(!(member=uid=anna*))",
    "(member=*)",
    "(member=uid=nobody)",
    "(uniqueMember=uid=anna,ou=people,dc=example,dc=test)",
    "(uniqueMember=uid=bert,ou=people,dc=example,dc=test)",
    "(uniqueMember=uid=bert,ou=people,dc=example,dc=test#'0101'B)",
    "(uniqueMember=uid=bert,ou=people,dc=example,dc=test#'11'B)",
    "(owner=uid=anna,ou=people,dc=example,dc=test)",
    "(manager=uid=anna,ou=people,dc=example,dc=test)",
    "(entryDN=UID=anna,ou=people,dc=example,dc=test)",
    "(entryUUID=0f0f0f0f-1111-2222-3333-444444444444)",
    "(entryUUID=0F0F0F0F-1111-2222-3333-444444444444)",
    "(entryUUID=garbage)",
    "(entryUUID=*)",
    "(createTimestamp>=20240101000000Z)",
    "(createTimestamp>=20240103000000Z)",
    "(createTimestamp<=20240103000000.0Z)",
    "(createTimestamp>=yesterday)",
    "(noSuchAttribute=x)",
    "(!(noSuchAttribute=x))",
    "(noSuchAttribute=*)",
    "(!(noSuchAttribute=*))",
    "(|(noSuchAttribute=x)(uid=anna))",
    "(&(!(noSuchAttribute=x))(uid=anna))",
    "(!(&(noSuchAttribute=x)(uid=nobody)))",
    "(!(|(noSuchAttribute=x)(uid=nobody)))",
    "(!(|(noSuchAttribute=x)(uid=anna)))",
    "(&(objectClass=person)(|(uid=anna)(uid=bert))(!(mail=*)))",
    "(uidNumber:1.2.840.113556.1.4.803:=2)",
    "(uidNumber:1.2.840.113556.1.4.803:=6)",
    "(!(uidNumber:1.2.840.113556.1.4.803:=2))",
    "(uidNumber:1.2.840.113556.1.4.803:=x)",
    "(uidNumber:1.2.840.113556.1.4.804:=3)",
    "(gidNumber:integerMatch:=7)",
    "(cn:caseExactMatch:=anna smith)",
    "(cn:caseExactMatch:=Anna Smith)",
    "(cn:caseIgnoreMatch:=anna smith)",
    "(cn:2.5.13.5:=Risk)",
    "(cn:=risk)",
    "(cn:1.2.3.4.5:=x)",
    "(!(cn:1.2.3.4.5:=x))",
    "(ou:dn:=people)",
    "(ou:dn:caseIgnoreMatch:=GROUPS)",
    "(:caseIgnoreMatch:=risk)",
    "(:caseExactMatch:=risk)",
    "(:dn:caseIgnoreMatch:=old)",
    "(member:distinguishedNameMatch:=uid=ANNA,ou=people,dc=example,dc=test)",
)
BASES = (
    BASE,
    "OU=People , DC=Example,DC=test",
    "uid=anna,ou=people,dc=example,dc=test",
    r"cn=Doe\2c John,ou=people,dc=example,dc=test",
    "uid=zoe+cn=zoë,ou=people,dc=example,dc=test",
    "ou=none,dc=example,dc=test",
    "uid=x,ou=none,ou=people,dc=example,dc=test",
    "dc=elsewhere",
    "not a name",
    "cn=,,x",
    "",
)
SCOPES = (ldap3.BASE, ldap3.LEVEL, ldap3.SUBTREE)
SELECTIONS: tuple[tuple[str, ...], ...] = (
    (),
    ("*",),
    ("cn",),
    ("CN", "SN", "cn"),
    ("commonName",),
    ("cn;lang-de",),
    ("cn;lang-fr",),
    ("1.1",),
    ("1.1", "mail"),
    ("entryUUID", "entryDN"),
    ("*", "entryUUID"),
    ("noSuchAttribute",),
    ("member;range=0-1",),
)
