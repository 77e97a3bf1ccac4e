import pytest

from k8sconsole.agent.intent import Intent, Want, parse_question
from k8sconsole.model.filters import parse_filter

KINDS = {
    "pods": "pods",
    "pod": "pods",
    "po": "pods",
    "nodes": "nodes",
    "node": "nodes",
    "deployments": "deployments.apps",
    "deployment": "deployments.apps",
}


@pytest.mark.parametrize(
    ("question", "intent"),
    [
        ("pods in team-a that are not running", Intent(Want.LIST, "pods", ("team-a",), "status!=Running")),
        ("Which pods are pending?", Intent(Want.LIST, "pods", (), "status=Pending")),
        ("how many pods in shop and billing", Intent(Want.COUNT, "pods", ("shop", "billing"))),
        ("nodes that are not ready", Intent(Want.LIST, "nodes", (), "ready<1")),
        ("pods with more than 5 restarts in shop", Intent(Want.LIST, "pods", ("shop",), "restarts>5")),
        ("deployments older than 2h in all namespaces", Intent(Want.LIST, "deployments.apps", (), "age>2h")),
        ("pods on node n1", Intent(Want.LIST, "pods", (), "node=n1")),
        ("pods cpu>500m", Intent(Want.LIST, "pods", (), "cpu>500m")),
        ("logs of web-1 in shop", Intent(Want.LOGS, "pods", ("shop",), name="web-1")),
        ("show me the logs of web-1 container main", Intent(Want.LOGS, "pods", (), name="web-1", container="main")),
    ],
)
def test_a_question_that_a_command_can_answer_is_understood(question: str, intent: Intent) -> None:
    assert parse_question(question, KINDS) == intent


@pytest.mark.parametrize("question", ["unhealthy pods", "pods that are healthy", "pods that are crashing", "pods that are not ready"])
def test_every_generated_filter_is_valid(question: str) -> None:
    parse_filter(parse_question(question, KINDS).filter)


def test_words_it_does_not_understand_are_named_and_never_guessed() -> None:
    assert parse_question("pods that taste of banana", KINDS).unknown == ("taste", "banana")
    assert parse_question("what is love", KINDS).want is Want.NOTHING
