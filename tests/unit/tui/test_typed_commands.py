import pytest

from k8sconsole.tui.browse.command_line import Command, complete, parse_command


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("pods", Command("kind", "pods")),
        ("deploy shop", Command("kind", "deploy", ("shop",))),
        ("pod /crash", Command("kind", "pod", filter="crash")),
        ("pod app=x @prod-eu", Command("kind", "pod", filter="app=x", contexts=("prod-eu",))),
        ("pod shop,billing restarts>3", Command("kind", "pod", ("shop", "billing"), "restarts>3")),
        ("pod -l app=web", Command("kind", "pod", filter="-l app=web")),
        ("ns", Command("kind", "ns")),
        ("ns shop", Command("namespace", "ns", words=("shop",))),
        ("ctx a,b", Command("contexts", "ctx", words=("a,b",))),
        ('ctx "AKS Dev Env"', Command("contexts", "ctx", words=("AKS Dev Env",))),
        ('pods shop @"AKS Dev Env",b /web', Command("kind", "pods", ("shop",), "web", ("AKS Dev Env", "b"))),
        ("pods @arn:aws:eks:x:1:cluster/web", Command("kind", "pods", contexts=("arn:aws:eks:x:1:cluster/web",))),
        ('pods name="a b"', Command("kind", "pods", filter='name="a b"')),
        ("q", Command("quit", "q")),
        ("tools", Command("pane", words=("tools",))),
        ("", Command("")),
    ],
)
def test_a_line_means_what_k9s_fingers_expect(text: str, command: Command) -> None:
    assert parse_command(text) == command


def test_an_unclosed_quote_is_no_reason_to_fail() -> None:
    assert parse_command("pod 'x").verb == "kind"


def test_completion_offers_kinds_then_namespaces_then_contexts() -> None:
    kinds, namespaces, contexts = ["pods", "deployments"], ["shop"], ["prod-eu"]
    assert complete("dep", kinds, namespaces, contexts) == "deployments"
    assert complete("pods sh", kinds, namespaces, contexts) == "pods shop"
    assert complete("pods @pr", kinds, namespaces, contexts) == "pods @prod-eu"
    assert complete("ctx pr", kinds, namespaces, contexts) == "ctx prod-eu"
    assert complete('ctx "AK', kinds, namespaces, [*contexts, "AKS Dev Env"]) == 'ctx "AKS Dev Env"'
    assert complete("ctx AKS D", kinds, namespaces, [*contexts, "AKS Dev Env"]) == "ctx AKS Dev Env"
    assert complete('pods @"AKS D', kinds, namespaces, [*contexts, "AKS Dev Env"]) == 'pods @"AKS Dev Env"'
    assert complete("zzz", kinds, namespaces, contexts) is None
