"""init with other directories than OpenLDAP: Active Directory, Entra ID, exports."""

from pathlib import Path

import pytest

from bridge.cli.exits import Exit
from bridge.sandbox.graph import DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, EntraSandbox
from tests.cli.arrival import arrival, ldif, turned_on
from tests.e2e import cloud
from tests.servers import active_directory as ad
from tests.servers.samba import SambaDc

pytestmark = pytest.mark.e2e


@pytest.mark.samba
def test_active_directory_is_set_up(tmp_path: Path) -> None:
    """A real domain controller over ldaps; the base is what it says."""
    ldif = ad.tree() + ad.person("ann", mail="anna@example.test") + ad.group("HP-Auditors", ad.person_dn("ann"))
    with SambaDc(ldif) as dc, arrival(tmp_path, None, LDAP_PASSWORD=dc.admin_password) as s:
        options = ["--kind", "active-directory", "--server", dc.ldaps_url, "--ca-file", str(dc.ca_file)]
        who = ["--bind-user", dc.admin_dn, *s.hyperproof_options(), "--map", "Auditors=HP-Auditors"]
        ended = s.run("init", *options, *who)
        assert ended.code == Exit.OK, ended.text
        checked = s.run("check")
        assert checked.code == Exit.OK, checked.text
        planned = s.told("plan")
    assert "HP-Auditors" in s.config.read_text()
    assert planned["groups"][0]["name"] == "Auditors"


@pytest.mark.samba
def test_a_kind_that_does_not_fit_the_server_is_told(tmp_path: Path) -> None:
    """Though it is done as was said."""
    with SambaDc(ad.tree()) as dc, arrival(tmp_path, None, LDAP_PASSWORD="wrong") as s:
        options = [
            "--kind",
            "openldap",
            "--server",
            dc.ldaps_url,
            "--ca-file",
            str(dc.ca_file),
            "--bind-user",
            "x",
        ]
        assert "it looks like active-directory, and not like openldap" in s.run("init", *options).out


def test_a_tenant_is_set_up_by_its_ids(tmp_path: Path) -> None:
    """Groups are named by their object ids, with the names in remarks; check and sync work."""
    with EntraSandbox(cloud.tenant()) as entra, arrival(tmp_path, None, cloud.organization()) as s:
        authority = tmp_path / "authority.pem"
        authority.write_text(entra.certificates.pem)
        s.environ["ENTRA_CLIENT_SECRET"] = DEFAULT_CLIENT_SECRET
        where = ["--login-url", entra.url, "--graph-url", entra.url, "--ca-file", "authority.pem"]
        who = ["--kind", "entra", "--tenant-id", entra.tenant.id, "--entra-client-id", DEFAULT_CLIENT_ID]
        ended = s.run(
            "init", *who, *where, *s.hyperproof_options(), "--map", "Everybody=Staff", "--map", "Auditors=Audit"
        )
        assert ended.code == Exit.OK, ended.text
        assert "# Staff" in s.config.read_text()
        assert entra.tenant.find("Staff").id in s.config.read_text()
        checked = s.run("check")
        assert checked.code == Exit.OK, checked.text
        turned_on(s)
        s.run("sync")
        assert s.members("Auditors") >= cloud.AUDITORS


def test_a_wrong_secret_of_a_tenant_is_told(tmp_path: Path) -> None:
    """And not shown."""
    with EntraSandbox(cloud.tenant()) as entra, arrival(tmp_path, None, ENTRA_CLIENT_SECRET="wr0ng-secret") as s:
        (tmp_path / "authority.pem").write_text(entra.certificates.pem)
        where = ["--login-url", entra.url, "--graph-url", entra.url, "--ca-file", "authority.pem"]
        who = ["--kind", "entra", "--tenant-id", entra.tenant.id, "--entra-client-id", DEFAULT_CLIENT_ID]
        ended = s.run("init", *who, *where, *s.hyperproof_options(), "--same-names")
        assert (ended.code, s.left()) == (Exit.UNREADABLE, ["authority.pem"])
        assert "secret" in ended.err
        assert "wr0ng" not in ended.text


def test_an_ldif_export_is_set_up(tmp_path: Path) -> None:
    """With what its entries are like, openldap unless said otherwise."""
    with arrival(tmp_path, None) as s:
        ids = (f"entryUUID: 00000000-0000-0000-0000-{number:012}" for number in range(100))
        text = "".join(f"{part}\n{next(ids)}\n\n" for part in ldif().strip().split("\n\n"))
        (tmp_path / "corp.ldif").write_text(text)
        ended = s.run("init", "--kind", "file", "--file", "corp.ldif", *s.hyperproof_options(), "--same-names")
        assert ended.code == Exit.OK, ended.text
        checked = s.run("check")
        assert checked.code == Exit.OK, checked.text
        turned_on(s)
        assert s.run("sync", "--detailed-exitcode").code == Exit.CHANGED
        assert s.members("Auditors") == {"anna", "ben"}


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_csv_exports_are_set_up_by_their_headings(tmp_path: Path, separator: str) -> None:
    """Columns that bear a usual name need not be said."""
    with arrival(tmp_path, None) as s:
        _table(tmp_path / "members.csv", separator, "group_id,member_id", "auditors,1", "auditors,2")
        _table(tmp_path / "people.csv", separator, "employee_id,mail", "1,anna@example.test", "2,ben@example.test")
        files = ["--kind", "file", "--file", "members.csv", "--people-file", "people.csv"]
        ended = s.run("init", *files, *s.hyperproof_options(), "--same-names")
        assert ended.code == Exit.OK, ended.text
        turned_on(s)
        assert s.run("sync", "--detailed-exitcode").code == Exit.CHANGED
        assert s.members("Auditors") == {"anna", "ben"}


def test_columns_of_other_names_are_said(tmp_path: Path) -> None:
    """And one that is not there is refused, with those that are; people may stand among the memberships."""
    with arrival(tmp_path, None) as s:
        _table(tmp_path / "m.csv", ",", "team,who,reach", "auditors,1,anna@example.test")
        files = ["--kind", "file", "--file", "m.csv", *s.hyperproof_options(), "--same-names"]
        columns = ["--group-column", "team", "--member-column", "who"]
        refused = s.run("init", *files, *columns, "--address-column", "mail")
        assert refused.code == Exit.USAGE
        assert "team, who, reach" in refused.err
        ended = s.run("init", *files, *columns, "--address-column", "reach")
        assert ended.code == Exit.OK, ended.text
        assert s.run("check").code == Exit.OK


def _table(path: Path, separator: str, *rows: str) -> None:
    path.write_text("".join(f"{row.replace(',', separator)}\n" for row in rows))
