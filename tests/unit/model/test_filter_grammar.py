"""How a filter is read: what binds how, what is refused and where, and that printing loses nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sconsole.errors import FilterError
from k8sconsole.model.filters import explain_unanswerable, list_fields, needs_body, parse_filter
from k8sconsole.model.filters.tree import (
    And,
    Compare,
    Everything,
    Fuzzy,
    Labels,
    NamePattern,
    Node,
    Not,
    Operator,
    Or,
    Pattern,
    Text,
)
from k8sconsole.model.refs import ResourceName
from k8sconsole.model.selectors import LabelOperator, Requirement

A, B, C = Text("a"), Text("b"), Text("c")


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("", Everything()),
        ("  ", Everything()),
        ("a", A),
        ("a b", And((A, B))),
        ("a and b", And((A, B))),
        ("a or b c", Or((A, And((B, C))))),
        ("(a or b) c", And((Or((A, B)), C))),
        ("a (b c)", And((A, B, C))),
        ("!a b", And((Not(A), B))),
        ("not (a b)", Not(And((A, B)))),
        ("!!a", Not(Not(A))),
        ('"a b"', Text("a b")),
        ("'or'", Text("or")),
        ("/a b/", Pattern("a b")),
        (r"/a\/b\d/", Pattern(r"a/b\d")),
        ("~^web", NamePattern("^web")),
        ("!~canary", Not(NamePattern("canary"))),
        ("-f chk", Fuzzy("chk")),
        ("status=Running", Compare("status", Operator.EQUAL, "Running")),
        ("status==Running", Compare("status", Operator.EQUAL, "Running")),
        ("status!=Running", Not(Compare("status", Operator.EQUAL, "Running"))),
        ("image!~v1", Not(Compare("image", Operator.MATCHES, "v1"))),
        ("name~^(a|b)$", Compare("name", Operator.MATCHES, "^(a|b)$")),
        ("(restarts >= 3)", Compare("restarts", Operator.AT_LEAST, "3")),
        ("node='n 1'", Compare("node", Operator.EQUAL, "n 1")),
        ('name=""', Compare("name", Operator.EQUAL, "")),
        ("spec.containers[*].image=web", Compare("spec.containers[*].image", Operator.EQUAL, "web")),
        ("metadata.labels['a.b/c']=x", Compare("metadata.labels['a.b/c']", Operator.EQUAL, "x")),
        (
            'status.conditions[?(@.type=="Ready")].status=True',
            Compare('status.conditions[?(@.type=="Ready")].status', Operator.EQUAL, "True"),
        ),
        ("app.kubernetes.io/name=web", Compare("app.kubernetes.io/name", Operator.EQUAL, "web")),
        ("web !~x", And((Text("web"), Not(NamePattern("x"))))),
        ("-l app=x", Labels((Requirement("app", LabelOperator.EQUAL, ("x",)),))),
        ("-l 'app = x'", Labels((Requirement("app", LabelOperator.EQUAL, ("x",)),))),
        ("-l app", Labels((Requirement("app", LabelOperator.PRESENT),))),
    ],
)
def test_a_filter_reads_as_it_is_meant(text: str, root: Node) -> None:
    assert parse_filter(text).root == root
    assert parse_filter(text).text == text


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("restarts>3 && status!=Running", "restarts>3 status!=Running"),
        ("a||b", "a or b"),
        ("status in (Error,Evicted)", "status=Error or status=Evicted"),
        ("status IN ['Error', \"Evicted\"]", "status=Error or status=Evicted"),
        ("status in Error,Evicted", "status=Error or status=Evicted or status='Error,Evicted'"),
        ("status notin (Error,Evicted)", "!(status=Error or status=Evicted)"),
        ("status not in (Error)", "status!=Error"),
        ("name contains cart", "name~cart"),
        ("image not contains a.b", r"image!~a\.b"),
        ("node=a,b", "node=a or node=b or node='a,b'"),
        ("restarts=1,2", "restarts=1 or restarts=2"),
        ("status!=Running,Succeeded", "!(status=Running or status=Succeeded or status='Running,Succeeded')"),
        ("status!=Running,restarts>3", "status!=Running restarts>3"),
        ("status!=Running, restarts>3", "status!=Running restarts>3"),
        ("app=web,!canary", "app=web !canary"),
        ("status=Running,", "status=Running"),
        ("image=~v1", "image~v1"),
        ("*", ""),
    ],
)
def test_what_people_and_models_write_means_the_same(written: str, meant: str) -> None:
    assert parse_filter(written).root == parse_filter(meant).root


@pytest.mark.parametrize(
    ("slip", "column", "spelling"),
    [
        ("status!!=Running(", 7, "status!=Running"),
        ("status=!Running", 8, "status!=Running"),
        ("status<>Running", 8, "status!=Running"),
        ("status===Running", 9, "status=Running"),
        ("restarts=>3", 10, "restarts>=3"),
        ("status=Running(", 15, "status=Running"),
        ("status=[Running]", 8, "status=Running"),
        ("status=Error|Evicted", 13, "status=Error,Evicted"),
        ("status=Running;restarts>3", 15, "status=Running and restarts>3"),
        ("cpu>1 & memory>1Gi", 7, "cpu>1 && memory>1Gi"),
        ("{.status.phase}=Running", 1, ".status.phase=Running"),
        ("status:Running", 7, "status=Running"),
        ("status: Running", 7, "status=Running"),
        ("web*", 1, "name=web*"),
        ("-n shop", 1, "namespace=shop"),
        ("status is Running", 1, "status=Running"),
        ("status is not Running", 1, "status!=Running"),
        ("status equals to Running", 1, "status=Running"),
        ("x status like %run%", 3, "x status contains run"),
        ("restarts greater than 3", 1, "restarts>3"),
        ("restarts is at least 3 x", 1, "restarts>=3 x"),
        ("older than 2h", 1, "age>2h"),
        ("name startswith web", 1, "name=web*"),
    ],
)
def test_what_can_only_be_a_slip_is_an_error_with_the_right_spelling(slip: str, column: int, spelling: str) -> None:
    with pytest.raises(FilterError) as refused:
        parse_filter(slip)
    assert (refused.value.column, refused.value.remedy) == (column, spelling)
    parse_filter(spelling)


@pytest.mark.parametrize(
    "slip", ["status in ()", "status in (a", "name contains", "restarts>3,5", "restarts in (1,x)", "|", "a | b", "a)b"]
)
def test_a_broken_list_or_operator_is_an_error(slip: str) -> None:
    with pytest.raises(FilterError):
        parse_filter(slip)


def test_a_label_selector_is_kubernetes_own_and_ends_where_it_ends() -> None:
    selector = "-l app=web, tier in (front, back),!canary,env!=prod,n>3 status=Running"
    root = parse_filter(selector).root
    assert isinstance(root, And)
    assert root.terms[0] == Labels(
        (
            Requirement("app", LabelOperator.EQUAL, ("web",)),
            Requirement("tier", LabelOperator.IN, ("back", "front")),
            Requirement("canary", LabelOperator.ABSENT),
            Requirement("env", LabelOperator.NOT_EQUAL, ("prod",)),
            Requirement("n", LabelOperator.MORE, ("3",)),
        )
    )
    assert root.terms[1] == Compare("status", Operator.EQUAL, "Running")


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ("a or", 5, "a word"),
        ("or a", 1, "a word"),
        ("a and and b", 7, "a word"),
        ("(a", 1, "closing )"),
        ("a)", 2, "the end"),
        ("()", 2, "a word"),
        ("!", 2, "a word"),
        ("=5", 1, "a field before it"),
        ("a !=5 >", 7, "a field before it"),
        ("status=", 8, "a value"),
        ('name="x', 6, "closing"),
        ("/x", 1, "closing /"),
        ("//", 2, "a pattern"),
        ("/[/", 2, "a regular expression"),
        ("name~(a+)+$", 10, "repeat"),
        ("name~(a|aa)*$", 12, "a choice inside"),
        ("name~((a*)b){9}", 13, "repeat"),
        ("/a*b*c*d*e/", 9, "at most 3 repeats"),
        ("/a*a*b/", 5, "repeat"),
        ("-l", 3, "a label key"),
        ("-l a in (b, c!)", 10, "label values"),
        ("-l 'a=b c'", 9, "a comma"),
        ("-l a>x", 6, "a whole number"),
        ("-f", 3, "a word"),
        ("age>abc", 5, "an age"),
        ("cpu>500q", 5, "cores"),
        ("memory.limit<=12Z", 15, "a size"),
        ("ready<1/x", 7, "a share"),
        ("restarts>many", 10, "a number"),
        ("x " * 2001, 4001, "at most"),
        ("(" * 60, 42, "at most"),
    ],
)
def test_a_wrong_filter_says_where_and_what_was_expected(text: str, column: int, expected: str) -> None:
    with pytest.raises(FilterError) as refused:
        parse_filter(text)
    assert refused.value.column == column
    assert f"at column {column}: expected" in str(refused.value)
    assert expected in str(refused.value)
    assert refused.value.exit_code == 2


PIECES = [
    "a",
    "or",
    "and",
    "not",
    "!",
    "(",
    ")",
    "~",
    "/",
    "-l",
    "-f",
    "=",
    "!=",
    "<",
    ">=",
    "status",
    "age",
    "2h",
    '"',
    "'",
    "\\",
    "[*]",
    ",",
    "in",
    " ",
    "x.y",
    "=x",
    "app",
    "&&",
    "||",
    "contains",
    "notin",
    "is",
    "than",
    "*",
    ";",
]


@given(
    st.text(max_size=30)
    | st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
    | st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join)
)
def test_any_text_is_a_filter_or_is_refused_and_printing_a_filter_keeps_its_meaning(text: str) -> None:
    try:
        parsed = parse_filter(text)
    except FilterError as problem:
        assert 1 <= problem.column <= len(text) + 1  # noqa: PT017
        return
    assert parse_filter(str(parsed)).root == parsed.root, str(parsed)


_words = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=8)
_fields = st.sampled_from(["status", "node", "spec.nodeName", "label.app", "a/b", "spec.x[*].y"])
_leaves = (
    st.builds(Text, _words)
    | st.builds(Fuzzy, _words)
    | st.builds(Compare, _fields, st.sampled_from([Operator.EQUAL, Operator.LESS, Operator.AT_LEAST]), st.text(max_size=8))
    | st.builds(NamePattern, st.from_regex(r"[a-z.^$|/\\d]{1,6}", fullmatch=True).filter(lambda text: not text.endswith("\\")))
    | st.sampled_from(
        [
            Labels((Requirement("a", LabelOperator.IN, ("",)),)),
            Labels((Requirement("a", LabelOperator.PRESENT),)),
            Pattern("a/b"),
            Pattern(r"\\/"),
        ]
    )
)


def _joined(children: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    apart = st.lists(children.filter(lambda node: not isinstance(node, And)), min_size=2, max_size=3).map(lambda terms: And(tuple(terms)))
    either = st.lists(children.filter(lambda node: not isinstance(node, Or)), min_size=2, max_size=3).map(lambda terms: Or(tuple(terms)))
    return st.builds(Not, children) | apart | either


@given(st.recursive(_leaves, _joined, max_leaves=8))
def test_every_tree_that_is_printed_is_read_again_as_the_same_tree(root: Node) -> None:
    try:
        assert parse_filter(str(root)).root == root
    except FilterError as problem:
        assert "regular expression" in str(problem)  # noqa: PT017 - a random pattern may not compile


def test_the_fields_of_a_filter_are_known_without_a_table() -> None:
    parsed = parse_filter("web (Restarts>3 or !spec.nodeName=n1) -l app=x")
    assert list_fields(parsed) == {"name", "namespace", "node", "status", "restarts", "spec.nodename", "label.app"}


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("web status=Running app=x age<2h", False),
        ("spec.nodeName=n1", True),
        ("annotation.a=b", True),
        ("phase=Running", True),
        ("app.kubernetes.io/name=x", False),
    ],
)
def test_a_filter_knows_whether_rows_are_enough(text: str, needed: bool) -> None:
    assert needs_body(parse_filter(text)) is needed


def test_a_filter_on_use_says_why_nothing_matches_without_metrics() -> None:
    pods, services = ResourceName("pods"), ResourceName("services")
    assert explain_unanswerable(parse_filter("cpu>500m"), pods, metrics=True) == ()
    assert explain_unanswerable(parse_filter("cpu.request>1"), pods, metrics=False) == ()
    assert "cpu: no metrics are available" in explain_unanswerable(parse_filter("!cpu>500m"), pods, metrics=False)[0]
    assert "only pods and nodes have metrics" in explain_unanswerable(parse_filter("cpu>500m"), services, metrics=False)[0]
