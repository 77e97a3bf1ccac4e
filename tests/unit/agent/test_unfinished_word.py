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
def test_the_unfinished_word_is_classified_by_the_text_before_it(question: str, word: UnfinishedWord) -> None:
    assert find_unfinished_word(question) == word


@pytest.mark.parametrize("question", ["", "pods in ", " "])
def test_without_an_unfinished_word_nothing_is_offered(question: str) -> None:
    assert find_unfinished_word(question) is None
