"""Organizations from a file."""

from pathlib import Path

import pytest

from bridge.sandbox.hyperproof.seed import SeedError, load

YAML_SEED = """
users:
  - {email: anna.smith@corp.example, name: Anna Smith, role: administrator}
  - {email: heidi.vogel@corp.example, type: deactivatedUser, id: h-1, user_id: h-2}
groups:
  - name: Auditors
    members: [ANNA.SMITH@corp.example, h-2]
    lead: anna.smith@corp.example
  - {name: Auditors 2019, archived: true}
"""

JSON_SEED = '{"users": [{"email": "anna.smith@corp.example"}], "groups": [{"name": "Auditors"}]}'


def written(folder: Path, text: str) -> Path:
    """A file with this text."""
    file = folder / "seed.yaml"
    file.write_text(text)
    return file


def test_yaml(tmp_path: Path) -> None:
    """A file names users and groups; members are addresses or ids."""
    organization = load(written(tmp_path, YAML_SEED))
    auditors, archived = organization.groups
    assert organization.member_emails("Auditors") == {"anna.smith@corp.example", "heidi.vogel@corp.example"}
    assert auditors.lead == organization.find_user("anna.smith@corp.example").user_id
    assert organization.find_user("h-1").user_id == "h-2"
    assert archived.archived


def test_json(tmp_path: Path) -> None:
    """JSON is taken as well."""
    organization = load(written(tmp_path, JSON_SEED))
    assert [user.email for user in organization.users] == ["anna.smith@corp.example"]


def test_empty_file(tmp_path: Path) -> None:
    """An empty file is an empty organization."""
    assert load(written(tmp_path, "")).users == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("users: [{mail: x}]", "users.0.mail: Extra inputs are not permitted."),
        ("groups: [{}]", "groups.0.name: Field required."),
        ("users: [", "is not YAML"),
        ("groups: [{name: A, members: [nobody]}]", "no user has the address or id 'nobody'."),
        ("- x", "Input should be"),
    ],
)
def test_impossible_file(tmp_path: Path, text: str, words: str) -> None:
    """What is wrong with a file is told with the file and the entry."""
    with pytest.raises(SeedError) as error:
        load(written(tmp_path, text))
    assert str(error.value).startswith(str(tmp_path))
    assert words in str(error.value)


def test_no_file(tmp_path: Path) -> None:
    """A missing file is told as such."""
    with pytest.raises(SeedError, match="cannot be read: No such file or directory"):
        load(tmp_path / "none.yaml")
