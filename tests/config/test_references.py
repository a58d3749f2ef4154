from pathlib import Path

import pytest

from bridge.errors import ConfigError
from tests.config.files import CORP, ENVIRON, HYPERPROOF, ldap, loaded, sound, told

SECRET_KEY = "hyperproof.client_secret"
HOW = "Write `${env:NAME}` for an environment variable, or `${file:/path}` for a file."


def with_secret(value: str) -> str:
    """A configuration with this for its client secret."""
    return sound(hyperproof=HYPERPROOF.replace("${env:CLIENT_SECRET}", value))


def secret_file(folder: Path, content: bytes = b"s3cret\n", mode: int = 0o600) -> Path:
    """A file with a secret."""
    path = folder / "secret"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_a_secret_comes_from_the_environment(tmp_path: Path) -> None:
    """It is there to be used, and hidden wherever it might be shown."""
    configuration = loaded(tmp_path, sound())
    secret = configuration.hyperproof.client_secret
    assert secret.get_secret_value() == "s3cret"
    assert (
        "s3cret" not in f"{configuration!r} {configuration} {secret!r} {secret} {configuration.model_dump_json()}"
    )


def test_a_secret_comes_from_a_file_without_its_line_end(tmp_path: Path) -> None:
    """One line end is taken off, of either kind; blanks belong to the secret."""
    for content in (b" s3cret \n", b" s3cret \r\n", b" s3cret "):
        secret_file(tmp_path, content)
        secret = loaded(tmp_path, with_secret("${file:./secret}")).hyperproof.client_secret
        assert secret.get_secret_value() == " s3cret "


def test_a_rotated_secret_is_read_anew(tmp_path: Path) -> None:
    """`read` gives what the file and the environment hold now; the value at load stays."""
    path, environ = secret_file(tmp_path), dict(ENVIRON)
    configuration = loaded(tmp_path, with_secret(f"${{file:{path}}}"), environ)
    secret, password = configuration.hyperproof.client_secret, ldap(configuration).bind.password
    assert password is not None
    path.write_text("fresh\n")
    environ["PASSWORD"] = "new"
    assert (secret.read(), password.read()) == ("fresh", "new")
    assert secret.get_secret_value() == "s3cret"


def test_a_secret_that_is_gone_later_is_told_without_its_value(tmp_path: Path) -> None:
    """Reading anew may fail; then the file is named."""
    path = secret_file(tmp_path)
    secret = loaded(tmp_path, with_secret(f"${{file:{path}}}")).hyperproof.client_secret
    path.unlink()
    with pytest.raises(ConfigError) as caught:
        secret.read()
    assert str(caught.value) == (
        f"{path}:1: ${{file:{path}}}: The file {path} cannot be read: No such file or directory. "
        "Check the path, and that the bridge's user may read it."
    )


def test_a_secret_file_for_everybody_is_a_warning(tmp_path: Path) -> None:
    """It is used all the same: some platforms mount secrets like this."""
    path = secret_file(tmp_path, mode=0o644)
    configuration = loaded(tmp_path, with_secret(f"${{file:{path}}}"))
    assert configuration.warnings == (
        f"Everybody on this machine may read {path}: take that away with `chmod o-r {path}`.",
    )
    secret_file(tmp_path, mode=0o640)
    assert loaded(tmp_path, with_secret(f"${{file:{path}}}")).warnings == ()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"x" * 65_537, "is too large"),
        (None, "is not a regular file"),
    ],
)
def test_a_file_that_holds_no_secret_is_a_problem(tmp_path: Path, content: bytes | None, what: str) -> None:
    """Empty, binary, huge, or a directory."""
    if content is None:
        (tmp_path / "secret").mkdir()
    else:
        secret_file(tmp_path, content)
    ((key, sentence),) = told(tmp_path, with_secret(f"${{file:{tmp_path}/secret}}"))
    assert key == SECRET_KEY
    assert sentence.startswith(f"The file {tmp_path}/secret {what}.")


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (
            "hunter2",
            "A secret stands here in plain text. Take it out of the file, and change it where it is valid.",
        ),
        ("'${env:HUN TER}'", "This looks like a reference, but is not one."),
        ("'${ENV:HUNTER}'", "This looks like a reference, but is not one."),
        ("'x${env:CLIENT_SECRET}'", "This looks like a reference, but is not one."),
        ("'${CLIENT_SECRET}'", "This looks like a reference, but is not one."),
        ("''", "The secret is empty."),
        ("12345", "A secret is given by reference, and this is none."),
        ("[hunter2]", "A secret is given by reference, and this is none."),
        ("{hunter2: 1}", "A secret is given by reference, and this is none."),
    ],
)
def test_a_secret_is_given_by_reference_only(tmp_path: Path, value: str, sentence: str) -> None:
    """Anything else is a problem that says what to write and does not repeat what is there."""
    assert told(tmp_path, with_secret(value)) == [(SECRET_KEY, f"{sentence} {HOW}")]


def test_a_variable_that_is_not_set_or_empty_is_a_problem(tmp_path: Path) -> None:
    """Its name is told if it looks like one; otherwise it may be the secret itself."""
    assert told(tmp_path, with_secret("${env:NOT_SET}"))[0][1].startswith(
        "The environment variable NOT_SET is not set."
    )
    assert told(tmp_path, with_secret("${env:hunter2}"))[0][1].startswith(
        "The environment variable named here is not set."
    )
    assert told(tmp_path, sound(), ENVIRON | {"CLIENT_SECRET": "\n"}) == [
        (SECRET_KEY, "The environment variable CLIENT_SECRET is empty. Put the value there.")
    ]


def test_any_text_may_be_a_reference(tmp_path: Path) -> None:
    """Names, addresses, DNs and paths are read from where they are said to be."""
    environ = ENVIRON | {"BASE": " dc=lab,dc=test ", "STORE": "state/bridge.db"}
    text = sound(corp=CORP.replace("dc=corp,dc=example\n", "${env:BASE}\n"), more="store: {path: '${env:STORE}'}")
    configuration = loaded(tmp_path, text, environ)
    assert ldap(configuration).base_dn == "dc=lab,dc=test"
    assert configuration.store.path == tmp_path / "state/bridge.db"


def test_a_text_that_is_half_a_reference_is_a_problem(tmp_path: Path) -> None:
    """It would otherwise be taken for the name of something."""
    assert told(tmp_path, sound(more="audit: {file: '/var/${env:X}/audit'}")) == [
        ("audit.file", f"'/var/${{env:X}}/audit' looks like a reference, but is not one from end to end. {HOW}")
    ]


def test_what_a_reference_leads_to_is_never_repeated(tmp_path: Path) -> None:
    """A message shows what stands in the file."""
    text = sound(groups="- {name: A, members: {corp: a}, lead: '${env:PASSWORD}'}")
    assert told(tmp_path, text) == [
        (
            "groups[0].lead",
            "'${env:PASSWORD}' is not an e-mail address. Write one such as anna.smith@corp.example.",
        )
    ]


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (" \t ", "The text is empty. Write a value, or leave the key out."),
        ("a\nb", "The text has a line break or a control character in it. Write it in one line."),
    ],
)
def test_a_text_by_reference_is_as_good_as_one_that_is_written(tmp_path: Path, value: str, sentence: str) -> None:
    """What would be refused in the file is refused from elsewhere."""
    found = told(tmp_path, sound(more="audit: {file: '${env:FILE}'}"), ENVIRON | {"FILE": value})
    assert found == [("audit.file", sentence)]
