"""One file with everything wrong, and the sentences it gets."""

from pathlib import Path

import pytest

from tests.config.files import CORP, GROUPS, HYPERPROOF, problems, sound, told

WRONG = Path("tests/config/wrong.yaml")
SENTENCES = Path("tests/config/wrong.problems.txt")
"""One problem a line, as a person should read it."""


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    """Each problem has its line, its key, what is wrong and what to write, in the order of the file."""
    found = [f"{p.line}: {p.key}: {p.what} {p.remedy}" for p in problems(tmp_path, WRONG.read_text())]
    assert found == SENTENCES.read_text().splitlines()


def test_a_problem_names_its_file(tmp_path: Path) -> None:
    """An editor or terminal can jump there."""
    (problem,) = problems(tmp_path, sound(more="applyy: true"))
    assert str(problem) == f"{tmp_path}/bridge.yaml:15: applyy: There is no such key here. Did you mean `apply`?"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            sound(hyperproof=HYPERPROOF.replace("us", "eu")),
            (
                "hyperproof.token_url",
                (
                    "Hyperproof does not document where the region eu issues tokens. "
                    "Add `token_url`, which Hyperproof's support will tell you."
                ),
            ),
        ),
        (
            sound(hyperproof=HYPERPROOF + "    api_url: http://127.0.0.1:8180/v1"),
            (
                "hyperproof.token_url",
                (
                    "`api_url` names another API than the region's, yet the secret would still go to the region. "
                    "Add `token_url` to name the address that issues its tokens."
                ),
            ),
        ),
        (
            sound(hyperproof=HYPERPROOF + "    token_url: https://me:hunter2@accounts.example/oauth"),
            (
                "hyperproof.token_url",
                "The address holds a name or password. Write it without; client_secret is the only secret.",
            ),
        ),
        (
            sound(hyperproof=HYPERPROOF + "    proxy: http://me:hunter2@proxy.example"),
            (
                "hyperproof.proxy",
                (
                    "The address holds a name or password in plain text. Give the whole address by reference. "
                    "Write `${env:NAME}` for an environment variable, or `${file:/path}` for a file."
                ),
            ),
        ),
        (
            sound(corp=CORP.replace("ldaps:", "ldap:")),
            (
                "directories.corp.bind",
                (
                    "The password would travel in clear text. "
                    "Write ldaps://, or `start_tls: true`, or `allow_plaintext: true` where nobody else listens."
                ),
            ),
        ),
        (
            sound(corp=CORP + "    start_tls: true"),
            (
                "directories.corp.start_tls",
                "start_tls goes with ldap:// addresses alone. Leave it out, or write ldap:// addresses.",
            ),
        ),
        (
            sound(corp=CORP + "    client_certificate: bridge.yaml"),
            ("directories.corp.client_key", "A client certificate needs its private key. Add `client_key`."),
        ),
        (
            sound(corp=CORP + "    client_key: bridge.yaml"),
            ("directories.corp.client_key", "A private key needs its certificate. Add `client_certificate`."),
        ),
        (
            sound(corp=CORP + "    ca_file: nowhere.pem"),
            (
                "directories.corp.ca_file",
                (
                    "The file cannot be read: No such file or directory. "
                    "Check the path, and that the bridge's user may read it."
                ),
            ),
        ),
        (
            sound(corp=CORP.replace("ldaps://ldap.corp.example", "ldaps://ldap.corp.example/dc=corp")),
            (
                "directories.corp.servers[0]",
                "An LDAP server's address is a host and perhaps a port. Write the base as `base_dn`.",
            ),
        ),
        (
            sound(corp=CORP.replace("ldaps://ldap.corp.example", "ldap.corp.example")),
            (
                "directories.corp.servers[0]",
                (
                    "This is not an address that begins with ldaps:// or ldap:// or ldapi://. "
                    "Write one such as ldaps://ldap.corp.example."
                ),
            ),
        ),
        (sound(groups="[]").replace("  []", " []"), ("groups", "Nothing is in here. Write at least one")),
        (
            sound(groups=GROUPS + "      id: ''"),
            ("groups[0].id", "The text is empty. Write a value, or leave the key out."),
        ),
        (sound(more="log:"), ("log", "Nothing stands here. Write a value, or leave it out.")),
        (
            sound(groups="- {for_each: {corp: '(?P<name>.+)'}, name: 'x {name}'}"),
            (
                "groups[0].for_each",
                "The pattern has a group called `name`, which means the whole name. Call it otherwise.",
            ),
        ),
        (
            sound(groups="- {for_each: {corp: '.+'}, name: 'x {name.upper}'}"),
            ("groups[0].name", "Braces in the name may hold a single word only. Write fields as `{team}`."),
        ),
        (
            sound(groups="- {for_each: {corp: '.+'}, name: 'x {name'}"),
            ("groups[0].name", "The braces of the name do not match. Write fields as `{team}`."),
        ),
        (
            sound(groups="- {for_each: {corp: '.+', corp2: '.+'}, name: 'x {name}'}"),
            ("groups[0].for_each", "There is room for one only. Keep one, for example: "),
        ),
        (
            sound(groups="- {name: A, members: auditors}"),
            ("groups[0].members", "Keys and values are needed here. Write them below, indented, for example: "),
        ),
    ],
)
def test_one_flaw_is_told(tmp_path: Path, text: str, found: tuple[str, str]) -> None:
    """The sentence for one thing that a single value does not show, or that is easily got wrong."""
    assert any(key == found[0] and sentence.startswith(found[1]) for key, sentence in told(tmp_path, text)), told(
        tmp_path, text
    )
