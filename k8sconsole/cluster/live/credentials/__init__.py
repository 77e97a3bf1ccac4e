"""Authentication: turns a kubeconfig user into an Authorization header, a client certificate, and impersonation headers.

`provider` defines credentials and where they come from. `selection` chooses a provider for a user: static credentials, `token_file`,
`exec_plugin` or `oidc`. `cached_provider` caches what a plugin or an issuer returned; `login_commands` knows how a person logs in again.
Next door: `kubeconfig/` reads the user's entry, and `access_source` decides when to ask a provider again.
"""
