import pytest

from k8sconsole.agent.blank import Blank, blank


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("po", Blank("po", "k8s_list_resources", "kind")),
        ("how many dep", Blank("dep", "k8s_list_resources", "kind")),
        ("pods in sh", Blank("sh", "k8s_list_pods", "namespace")),
        ("pods from the namespace sh", Blank("sh", "k8s_list_pods", "namespace")),
        ("Logs from web", Blank("web", "k8s_get_pod_logs", "name")),
        ("logs of web-1 in sh", Blank("sh", "k8s_list_pods", "namespace")),
        ("pods on node ge", Blank("ge", "k8s_get_resource", "name", {"kind": "nodes"})),
    ],
)
def test_the_word_that_is_being_typed_is_known_by_what_stands_before_it(question: str, word: Blank) -> None:
    assert blank(question) == word


@pytest.mark.parametrize("question", ["", "pods in ", " "])
def test_where_no_word_was_begun_nothing_is_offered(question: str) -> None:
    assert blank(question) is None
