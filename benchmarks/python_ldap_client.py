"""Paged searches by python-ldap, which is no dependency of ours: run by an interpreter that has it."""

import json
import sys
import time
from pathlib import Path

import ldap
from ldap.controls import SimplePagedResultsControl


def main() -> None:
    asked = json.loads(sys.argv[1])
    before = peak_mb()
    began, cpu = time.perf_counter(), time.process_time()
    if asked["ca_file"]:
        ldap.set_option(ldap.OPT_X_TLS_CACERTFILE, asked["ca_file"])
    connection = ldap.initialize(asked["url"])
    if asked["start_tls"]:
        connection.start_tls_s()
    connection.simple_bind_s(asked["user"], asked["password"])
    for condition, attributes in asked["searches"]:
        found, cookie, more = 0, b"", True
        while more:
            control = SimplePagedResultsControl(True, size=asked["page_size"], cookie=cookie)
            number = connection.search_ext(
                asked["base"], ldap.SCOPE_SUBTREE, condition, attributes, serverctrls=[control]
            )
            _, entries, _, controls = connection.result3(number)
            found += len(entries)
            cookie = next(c.cookie for c in controls if c.controlType == control.controlType)
            more = bool(cookie)
        assert found
    figures = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}
    print(json.dumps({**figures, "peak_mb": peak_mb(), "before_mb": before}))


def peak_mb() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


if __name__ == "__main__":
    main()
