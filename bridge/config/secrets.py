"""Every secret of a configuration, for whoever has to keep them out of what is written."""

from collections.abc import Iterator

from bridge.config.directories import LdapDirectory
from bridge.config.entra import EntraDirectory, entra_secrets
from bridge.config.model import Configuration
from bridge.store.place import Server


def secrets_of(configuration: Configuration) -> Iterator[str]:
    """The values of all secrets, as they are now."""
    yield configuration.hyperproof.client_secret.get_secret_value()
    if configuration.hyperproof.proxy:
        yield configuration.hyperproof.proxy.get_secret_value()
    if isinstance(configuration.store.place, Server):
        yield from configuration.store.place.secrets()
    if configuration.web.token:
        yield configuration.web.token.get_secret_value()
    webhook, mail = configuration.notices.webhook, configuration.notices.mail
    for secret in (webhook and webhook.url, webhook and webhook.secret, mail and mail.password):
        if secret:
            yield secret.get_secret_value()
    for directory in configuration.directories.values():
        if isinstance(directory, EntraDirectory):
            yield from entra_secrets(directory)
        elif isinstance(directory, LdapDirectory):
            binds = (directory.bind, *(domain.bind for domain in directory.domains))
            yield from (bind.password.get_secret_value() for bind in binds if bind and bind.password)
