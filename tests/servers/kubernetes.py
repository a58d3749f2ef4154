"""A real API server of Kubernetes, with etcd behind it: it checks and keeps what it is told, and nothing runs."""

import itertools
import json
import ssl
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import httpx
import pytest

from tests.cli.scene import until
from tests.servers.programs import ServerProcess, free_port, lacking, require, run

PROGRAM: Final = Path(".tools/cluster/kube-apiserver")
_TOKEN: Final = "the-administrator-of-this-test"


class Cluster:
    """An API server on loopback, as a context manager."""

    def __init__(self) -> None:
        self._stack = tempfile.TemporaryDirectory(prefix="cluster-")
        self.folder = Path(self._stack.name)
        self.config = self.folder / "kubeconfig"
        self._etcd = ServerProcess(self.folder / "etcd.log")
        self._server = ServerProcess(self.folder / "server.log")
        self._numbers = itertools.count(1)
        self._url = ""

    def __enter__(self) -> Self:
        etcd = require("etcd", "etcd-server")
        if not PROGRAM.exists():
            lacking("there is no kube-apiserver: scripts/cluster builds it")
        try:
            self._begin(etcd)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def namespace(self) -> str:
        """A new one, with nothing in it."""
        name = f"test-{next(self._numbers)}"
        self.create("/api/v1/namespaces", {"metadata": {"name": name}})
        return name

    def get(self, path: str) -> Any:  # noqa: ANN401 - an object of Kubernetes
        """An object, or a list of them; None where there is none."""
        answer = self._asked("GET", path)
        return None if answer.status_code == httpx.codes.NOT_FOUND else answer.raise_for_status().json()

    def create(self, path: str, made: dict[str, Any]) -> None:
        """Make an object."""
        answer = self._asked("POST", path, made)
        if not answer.is_success:
            pytest.fail(f"POST {path} was answered {answer.status_code}: {answer.text}")

    def helm(self, version: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a Helm against it."""
        environ = {"PATH": "/usr/bin:/bin", "KUBECONFIG": str(self.config), "HOME": str(self.folder)}
        return subprocess.run(
            (Path(".tools", version), *words), capture_output=True, text=True, check=False, env=environ
        )

    def _begin(self, etcd: str) -> None:
        near, peer, port = free_port(), free_port(), free_port()
        store, other = f"http://127.0.0.1:{near}", f"http://127.0.0.1:{peer}"
        kept = (f"--data-dir={self.folder}/etcd", "--unsafe-no-fsync", f"--initial-cluster=default={other}")
        listens = (f"--listen-client-urls={store}", f"--listen-peer-urls={other}")
        tells = (f"--advertise-client-urls={store}", f"--initial-advertise-peer-urls={other}")
        if not self._etcd.start((etcd, *kept, *listens, *tells), [("127.0.0.1", near)]):
            pytest.fail(f"etcd does not start: {self._etcd.said()}")
        key, tokens = self.folder / "sa.key", self.folder / "tokens.csv"
        run(("openssl", "genrsa", "-out", key, "2048"))
        tokens.write_text(f"{_TOKEN},admin,1,system:masters\n")
        command = (
            PROGRAM,
            f"--etcd-servers={store}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--secure-port={port}",
            f"--cert-dir={self.folder}/certificates",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-cluster-ip-range=10.255.0.0/24",
            "--authorization-mode=RBAC",
            f"--token-auth-file={tokens}",
            "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition",
        )
        if not self._server.start(command, [("127.0.0.1", port)]):
            pytest.fail(f"kube-apiserver does not start: {self._server.said()}")
        self._url = f"https://127.0.0.1:{port}"
        self._write_config()
        until(self._is_ready)

    def _write_config(self) -> None:
        """In JSON, which is YAML."""
        made = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": {"server": self._url, "insecure-skip-tls-verify": True}}],
            "users": [{"name": "u", "user": {"token": _TOKEN}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "x",
        }
        self.config.write_text(json.dumps(made))
        self.config.chmod(0o600)

    def _is_ready(self) -> bool:
        try:
            return self._asked("GET", "/api/v1/namespaces/default").is_success
        except httpx.TransportError:
            return False

    def _asked(self, method: str, path: str, body: object = None) -> httpx.Response:
        trust = ssl.create_default_context()
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE  # it makes its certificate itself
        headers = {"Authorization": f"Bearer {_TOKEN}"}
        return httpx.request(
            method, f"{self._url}{path}", headers=headers, json=body, verify=trust, timeout=30, trust_env=False
        )

    def _end(self) -> None:
        self._server.kill()
        self._etcd.kill()
        self._stack.cleanup()
