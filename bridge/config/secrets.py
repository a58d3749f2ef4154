"""Every secret of a configuration, for whoever has to keep them out of what is written."""

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from bridge.config.directories import LdapDirectory
from bridge.config.entra import EntraDirectory, entra_secrets
from bridge.config.model import Configuration
from bridge.store.place import Server


def secrets_of(configuration: Configuration) -> Iterator[str]:
    """The values of all secrets, as they are now."""
    yield configuration.hyperproof.client_secret.get_secret_value()
    yield from _of_proxy(configuration.hyperproof.proxy)
    if isinstance(configuration.store.place, Server):
        yield from configuration.store.place.secrets()
    if configuration.web.token:
        yield configuration.web.token.get_secret_value()
    webhook, mail = configuration.notices.webhook, configuration.notices.mail
    for secret in (webhook and webhook.url, webhook and webhook.secret, mail and mail.password):
        if secret:
            yield secret.get_secret_value()
    if configuration.tracing:
        yield from (value.get_secret_value() for value in configuration.tracing.headers.values())
    for directory in configuration.directories.values():
        if isinstance(directory, EntraDirectory):
            yield from entra_secrets(directory)
            yield from _of_proxy(directory.proxy)
        elif isinstance(directory, LdapDirectory):
            binds = (directory.bind, *(domain.bind for domain in directory.domains))
            yield from (bind.password.get_secret_value() for bind in binds if bind and bind.password)


def _of_proxy(address: SecretStr | None) -> Iterator[str]:
    """A proxy's address, and what signs in there: by itself, and as name and password are sent together."""
    if address is None:
        return
    yield address.get_secret_value()
    parts = urlsplit(address.get_secret_value())
    secret = parts.password or parts.username
    if secret:
        yield from {secret, unquote(secret)}
        yield f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
