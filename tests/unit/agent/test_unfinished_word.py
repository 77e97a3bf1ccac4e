import pytest

from k8sconsole.agent.unfinished_word import UnfinishedWord, find_unfinished_word


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("po", UnfinishedWord("po", "k8s_list_resources", "kind")),
        ("how many dep", UnfinishedWord("dep", "k8s_list_resources", "kind")),
        ("pods in sh", UnfinishedWord("sh", "k8s_list_pods", "namespace")),
        ("pods from the namespace sh", UnfinishedWord("sh", "k8s_list_pods", "namespace")),
        ("Logs from web", UnfinishedWord("web", "k8s_get_pod_logs", "name")),
        ("logs of web-1 in sh", UnfinishedWord("sh", "k8s_list_pods", "namespace")),
        ("pods on node ge", UnfinishedWord("ge", "k8s_get_resource", "name", {"kind": "nodes"})),
    ],
)
def test_the_word_that_is_being_typed_is_known_by_what_stands_before_it(question: str, word: UnfinishedWord) -> None:
    assert find_unfinished_word(question) == word


@pytest.mark.parametrize("question", ["", "pods in ", " "])
def test_where_no_word_was_begun_nothing_is_offered(question: str) -> None:
    assert find_unfinished_word(question) is None
