"""Proving who we are: a user's entry as an Authorization header, a client certificate, and impersonation.

Here: what is presented (`presented`), who presents it (`static`, `token_file`, `exec_plugin`, `oidc`), which of them a user's entry asks
for (`choice`), when what a plugin or an issuer gave is fetched anew (`renewing`), what a person can do about it (`remedies`), and what
a certificate says of itself (`certificates`). A presenter keeps what it has until it runs out or is told to forget it. Next door:
`kubeconfig/` reads the entry, `access` decides when to ask again.
"""
