"""The commands that a person types to log in again: those of well-known plugins, else the kubeconfig's install hint."""

import shlex
from collections.abc import Mapping
from pathlib import PurePath

from k8sconsole.cluster.live.credentials.plugin_spec import PluginSpec
from k8sconsole.kit.redact import mask_text

_LOGINS = {
    "aws": "aws sso login",
    "aws-iam-authenticator": "aws sso login",
    "gke-gcloud-auth-plugin": "gcloud auth login",
    "gcloud": "gcloud auth login",
    "tsh": "tsh login",
    "doctl": "doctl auth init",
    "oci": "oci session authenticate",
    "ibmcloud": "ibmcloud login",
    "vault": "vault login",
}


def login_command(spec: PluginSpec, environ: Mapping[str, str]) -> str:
    """Returns what to type after the plugin ran and failed."""
    name = PurePath(spec.command).name.removesuffix(".exe")
    if name in _LOGINS:
        return _LOGINS[name] + _profile_option(spec, environ) if _LOGINS[name].startswith("aws") else _LOGINS[name]
    return _first_line(spec.install_hint) or f"run it in a shell: {command_line(spec)}"


def install_command(spec: PluginSpec) -> str:
    """Returns what to do when the plugin is not installed."""
    return " ".join(spec.install_hint.split()) or f"install {spec.command}"


def command_line(spec: PluginSpec) -> str:
    """The plugin's command line for a shell, credentials masked."""
    return mask_text(shlex.join((spec.command, *spec.arguments)))


def _profile_option(spec: PluginSpec, environ: Mapping[str, str]) -> str:
    profile = dict(zip(spec.arguments, spec.arguments[1:], strict=False)).get("--profile") or environ.get("AWS_PROFILE", "")
    return f" --profile {shlex.quote(profile)}" if profile else ""


def _first_line(hint: str) -> str:
    return next((line.strip() for line in hint.splitlines() if line.strip()), "")
