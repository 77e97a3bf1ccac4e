"""What SQL narrows a query to holds every row that the filter's own decision keeps."""

import asyncio
import tempfile
import time
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from k8sconsole.model.filters import RowSubject, parse, predicate
from k8sconsole.model.objects import ParsedObject
from k8sconsole.model.resources import BUILTIN
from k8sconsole.model.tables import table_for
from k8sconsole.store.port import RowQuery
from k8sconsole.store.sqlite.opening import open_store
from k8sconsole.store.sqlite.pushdown import narrowing
from tests.contract.store_objects import HERE, PODS, batch, pod

TABLE = table_for(next(one for one in BUILTIN if one.name == "pods"))
NAMES = st.sampled_from(["web", "Web-2", "api", "ſeven", "Kelvin", "a.b/c", 'quo"te', "ＷＥＢ"])
WORDS = st.sampled_from(["web", "WEB", "seven", "kelvin", "Running", "run", "error", "a.b/c", "te", "node-web", "x", "1"])
STATUSES = st.sampled_from(["Running", "Error", "ERRor", "ſtrange", "Init:0/1", "[1]"])
LABELS = st.dictionaries(st.sampled_from(["app", "tier", "a.b/c", "1"]), st.sampled_from(["web", "Web", "", "1"]), max_size=3)
FIELDS = st.sampled_from(["name", "namespace", "ns", "status", "node", "app", "tier", "label.app", "a.b/c", "owner", "image", "phase"])
OPERATORS = st.sampled_from(["=", "!=", "~", "!~"])
SELECTORS = st.sampled_from(["app=web", "app!=web", "tier", "!tier", "app in (web,Web)", "app notin (web,1)", "a.b/c=web"])
TERMS = st.one_of(
    WORDS,
    st.builds("{}{}{}".format, FIELDS, OPERATORS, WORDS),
    st.builds("-l '{}'".format, SELECTORS),
    st.just("restarts>0"),
    st.just("age<2h"),
)
FILTERS = st.recursive(
    TERMS,
    lambda inner: st.one_of(st.builds("!({})".format, inner), st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner)),
    max_leaves=5,
)
OBJECTS = st.lists(st.builds(lambda name, status, labels: pod(name, status=status, labels=labels), NAMES, STATUSES, LABELS), max_size=6)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(OBJECTS, st.lists(FILTERS, min_size=1, max_size=6))
def test_a_query_with_a_filter_answers_exactly_the_rows_that_its_predicate_keeps(objects: list[ParsedObject], filters: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_compare(Path(folder) / "cache.db", objects, filters))


async def _compare(path: Path, objects: list[ParsedObject], filters: list[str]) -> None:
    store = await open_store(path)
    await store.write(batch(*objects))
    everything = await store.bodies(RowQuery(PODS))
    for text in filters:
        decide = predicate(parse(text), time.time())
        kept = {row.name for row, body in everything if decide(RowSubject(row, TABLE, lambda _, body=body: _json(body)))}
        found = await store.rows(RowQuery(PODS, clusters=(HERE,), filter=parse(text)))
        assert {row.name for row in found.rows} == kept, text
    await store.close()


def _json(body: bytes) -> dict:
    import msgspec

    return msgspec.json.decode(body)


def test_what_people_filter_by_most_is_narrowed_by_sql() -> None:
    for text in ("checkout", "status=Error", "app=web", "-l tier=front", "namespace=shop restarts>3", "node=node-b or name=web"):
        assert narrowing(parse(text), [TABLE]) is not None, text


def test_what_sql_cannot_judge_narrows_nothing() -> None:
    for text in ("restarts>3", "/regex/", "checkout or age<2h", "!checkout", "spec.nodeName=x"):
        assert narrowing(parse(text), [TABLE]) is None, text
