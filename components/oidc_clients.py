"""The OIDC clients of static tenants: those in the secret config key, and those in Secrets that the user keeps."""

from collections.abc import Callable, Mapping

import pulumi
from pulumi_kubernetes.core.v1 import Secret

from components.ending import end
from components.existing_secrets import read_secret, text_in
from components.identity import Identity
from components.secrets import OidcClient
from settings.secrets import broken_text
from settings.tenants import Tenants


class ExistingClients:
    """The Secrets that tenants name for their OIDC client, read by the engine in every preview and every `up`.

    `checked`: what everything else waits for, so that nothing is made before each client is known to be there.
    `clients`: tenant name -> client.
    """

    def __init__(self, name: str, me: Identity, tenants: Tenants | None, opts: pulumi.ResourceOptions) -> None:
        names = tenants.client_secrets if tenants is not None else {}
        read = {
            secret: read_secret(f"{name}-oidc-{secret}", me, secret, opts) for secret in sorted(set(names.values()))
        }
        in_secret = {secret: _client(secret, resource) for secret, resource in read.items()}
        self.checked: tuple[pulumi.Input[pulumi.Resource], ...] = tuple(
            in_secret[secret].apply(_always(resource)) for secret, resource in read.items()
        )
        clients = {tenant: in_secret[secret] for tenant, secret in names.items()}
        # `all` of nothing would be a list.
        self.clients = pulumi.Output.all(**clients) if clients else pulumi.Output.from_input({})

    def and_those_of(self, config: pulumi.Output[dict[str, OidcClient]] | None) -> pulumi.Output[dict[str, OidcClient]]:
        """Every tenant's client: those in Secrets, and those in the secret config key."""
        return self.clients if config is None else pulumi.Output.all(config, self.clients).apply(lambda c: c[0] | c[1])


def _always(resource: pulumi.Resource) -> Callable[[object], pulumi.Resource]:
    return lambda _: resource


def _client(name: str, secret: Secret) -> pulumi.Output[OidcClient]:
    client: pulumi.Output[OidcClient] = secret.data.apply(lambda data: client_in(name, data))
    return pulumi.Output.secret(client)


def client_in(name: str, data: Mapping[str, str] | None) -> OidcClient:
    """The client in a Secret's `data`; what is wrong with it ends the program, with lines that repeat nothing of it."""
    texts = {key: text_in(data, key) for key in ("clientID", "clientSecret")}
    wrong = [f"Secret {name}: {key} {what}" for key, text in texts.items() if (what := broken_text(text))]
    if wrong:
        end(wrong)
    return OidcClient(clientID=texts["clientID"] or "", clientSecret=texts["clientSecret"] or "")
