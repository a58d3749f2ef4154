"""A directory in files does what a server does: the same company, exported."""

import os
import time
from pathlib import Path

from bridge.cli.exits import Exit
from bridge.sandbox import company
from tests.cli.scene import Scene, deeds, scene


def export(s: Scene) -> None:
    """Export the company's directory, and let the bridge read that instead."""
    text = s.config.read_text()
    begin, end = text.index("  corp:\n"), text.index("\ngroups:")
    section = "  corp:\n    type: file\n    ldif: {file: corp.ldif, preset: openldap, end_mark: '# end'}\n"
    s.config.write_text(text[:begin] + section + text[end:])
    (s.folder / "corp.ldif").write_text(company.directory().to_ldif() + "# end\n")


def test_an_export_does_what_its_server_does(tmp_path: Path) -> None:
    """The same deeds in Hyperproof; the record of the read names the file by its hash."""
    folders = [tmp_path / "server", tmp_path / "file"]
    done = []
    for folder in folders:
        folder.mkdir()
        with scene(folder) as s:
            if folder.name == "file":
                export(s)
            assert s.run("check").code == Exit.OK
            assert s.run("sync").code == Exit.OK
            done.append(deeds(s))
            read = [one for one in s.told("audit", "show") if one["event"] == "source.read"]
            assert ("sha256" in str(read)) == (folder.name == "file")
    assert done[0] == done[1] != []


def test_nothing_is_done_by_an_old_export(tmp_path: Path) -> None:
    """Nobody is put in and nobody taken out; `check` says what to do."""
    with scene(tmp_path) as s:
        export(s)
        old = time.time() - 3 * 86400
        os.utime(s.folder / "corp.ldif", (old, old))
        assert s.run("sync").code == Exit.UNREADABLE
        assert deeds(s) == []
        checked = s.run("check")
        assert checked.code == Exit.UNREADABLE
        assert "raise max_age" in " ".join(checked.out.split())
