"""Every secret of a configuration, for whoever has to keep them out of what is written."""

from collections.abc import Iterator

from bridge.config.model import Configuration


def secrets_of(configuration: Configuration) -> Iterator[str]:
    """The values of all secrets, as they are now."""
    yield configuration.hyperproof.client_secret.get_secret_value()
    if configuration.hyperproof.proxy:
        yield configuration.hyperproof.proxy.get_secret_value()
    if configuration.web.token:
        yield configuration.web.token.get_secret_value()
    webhook, mail = configuration.notices.webhook, configuration.notices.mail
    for secret in (webhook and webhook.url, webhook and webhook.secret, mail and mail.password):
        if secret:
            yield secret.get_secret_value()
    for directory in configuration.directories.values():
        if directory.bind.password:
            yield directory.bind.password.get_secret_value()
