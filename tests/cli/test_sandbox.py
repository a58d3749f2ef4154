"""The sandbox as a command: a server that a configuration can be pointed at."""

import signal
import socket
import time
from pathlib import Path

import httpx

from bridge.cli.exits import Exit
from tests.cli.processes import SECONDS, Order, Running, run

SEED = """
users:
  - {email: anna.smith@corp.example, name: Anna Smith}
groups:
  - {name: Auditors, members: [anna.smith@corp.example]}
"""


def test_it_serves_a_seed_until_ctrl_c(tmp_path: Path) -> None:
    """It tells its addresses, gives a token for the client that it tells, and Ctrl-C is its ordinary end."""
    (tmp_path / "seed.yaml").write_text(SEED)
    with Running(Order(["sandbox", "--port", "0", "--seed", "seed.yaml"], tmp_path, {})) as running:
        told = _told(running)
        with httpx.Client(trust_env=False) as client:
            token = client.post(
                told["token_url"],
                data={"grant_type": "client_credentials", "client_id": told["client_id"],
                      "client_secret": told["client_secret"]},
            ).json()["access_token"]  # fmt: skip
            groups = client.get(f"{told['api_url']}/groups", headers={"Authorization": f"Bearer {token}"}).json()
        running.send(signal.SIGINT)
        ended = running.wait()
    assert "Auditors" in str(groups)
    assert (ended.code, ended.err) == (Exit.OK, "")


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    """Is told with the remedy."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run(Order(["sandbox", "--port", str(port)], tmp_path, {}))
    assert ended.code == Exit.USAGE
    assert f"port {port} cannot be used" in ended.err
    assert "--port" in ended.err


def _told(running: Running) -> dict[str, str]:
    """What it says at its start, as soon as it has said all of it."""
    deadline = time.monotonic() + SECONDS
    while "Ctrl-C" not in running.out:
        if time.monotonic() > deadline or not running.alive:
            raise TimeoutError(running.out)
        time.sleep(0.01)
    return dict(line.split(": ", 1) for line in running.out.splitlines() if ": " in line)
