"""Times in which a kind was not watched: as records of a reply, as sentences, and folded into one sentence for a window."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from k8sconsole.kit.times import format_exact_time
from k8sconsole.model.history import Gap
from k8sconsole.model.refs import ClusterName, ResourceName
from k8sconsole.tools.output.token_budget import json_tokens, take_fitting

_KINDS_NAMED = 3
_DAY = 86_400.0
_Span = tuple[float, float]


class GapRecord(msgspec.Struct, rename={"since": "from", "until": "to"}):
    """A time in which the kind was not watched. from: null for the time before the first scan. to: null while the gap lasts."""

    context: str
    kind: str
    since: str | None
    until: str | None
    reason: str


def gap_record(gap: Gap) -> GapRecord:
    until = None if gap.ended is None else format_exact_time(gap.ended)
    return GapRecord(gap.cluster, gap.resource, format_exact_time(gap.began) if gap.began else None, until, gap.reason)


def limit_gaps(gaps: Sequence[GapRecord], max_tokens: int) -> list[GapRecord]:
    """The gaps for the reply: all where they take a small part of max_tokens, else none, since they could fill it. ``fold_gaps`` sums
    them up in any case."""
    shown = take_fitting(gaps, max_tokens // 3)
    return shown if len(shown) == len(gaps) and json_tokens(shown) < max_tokens // 8 else []


def gap_covers(gap: Gap, at: float) -> bool:
    """Whether the time is inside the gap. Its two ends are not: the kind was known at both."""
    return gap.began < at and (gap.ended is None or at < gap.ended)


def describe_gap(gap: Gap) -> str:
    """The gap as a sentence, for ``missing``."""
    ended = format_exact_time(gap.ended) if gap.ended is not None else ""
    if not gap.began:
        span = f"not watched before {ended}" if ended else "never watched"
    else:
        began = format_exact_time(gap.began)
        span = f"not watched from {began} to {ended}" if ended else f"not watched since {began}"
    return f"{gap.cluster}: {gap.resource}: {span}" + (f" ({gap.reason})" if gap.reason else "")


def fold_gaps(gaps: Sequence[Gap], since: float, until: float) -> tuple[str, ...]:
    """One sentence for each cluster: how much of the window was not watched, and the longest gap. A single gap keeps its own sentence.

    since, until: the window in seconds since the epoch; since may be 0.0, for the beginning of what is known.
    Where kinds have different gaps, the share is that of the kind with the largest.
    """
    by_cluster: dict[ClusterName, list[Gap]] = {}
    for gap in gaps:
        by_cluster.setdefault(gap.cluster, []).append(gap)
    return tuple(_fold_cluster(several, since, until) for several in by_cluster.values())


def _fold_cluster(gaps: list[Gap], since: float, until: float) -> str:
    if len(gaps) == 1:
        return describe_gap(gaps[0])
    begin = since or min((gap.ended for gap in gaps if not gap.began and gap.ended), default=min(gap.began for gap in gaps))
    shares = _unwatched_shares(gaps, begin, until)
    longest = max(gaps, key=lambda gap: _length(_clip(gap, begin, until)))
    largest, smallest = max(shares.values()), min(shares.values())
    share = f"{'' if largest - smallest < 0.01 else 'up to '}{_format_share(largest)} of this time"
    reason = f" ({longest.reason})" if longest.reason else ""
    span = _format_span(_clip(longest, begin, until), with_dates=until - begin > _DAY)
    return f"{longest.cluster}: {_name_kinds(gaps)}: not watched {share}, longest {span}{reason}"


def _unwatched_shares(gaps: Sequence[Gap], since: float, until: float) -> dict[ResourceName, float]:
    """The part of the window, 0 to 1, in which each kind was not watched. The store returns gaps of one kind without overlap."""
    lengths: dict[ResourceName, float] = {}
    for gap in gaps:
        lengths[gap.resource] = lengths.get(gap.resource, 0.0) + _length(_clip(gap, since, until))
    return {kind: min(1.0, length / max(until - since, 1e-6)) for kind, length in lengths.items()}


def _clip(gap: Gap, since: float, until: float) -> _Span:
    return max(gap.began, since), until if gap.ended is None else min(gap.ended, until)


def _length(span: _Span) -> float:
    return max(0.0, span[1] - span[0])


def _format_share(share: float) -> str:
    return "less than 1 %" if share < 0.01 else f"{int(share * 100)} %"


def _format_span(span: _Span, *, with_dates: bool) -> str:
    """``13:02–13:40 UTC``; with seconds for a span under two minutes."""
    form = f"{'%Y-%m-%d ' if with_dates else ''}%H:%M{':%S' if _length(span) < 120 else ''}"
    began, ended = (datetime.fromtimestamp(at, UTC).strftime(form) for at in span)
    return f"{began}–{ended} UTC"


def _name_kinds(gaps: Sequence[Gap]) -> str:
    kinds = sorted({gap.resource for gap in gaps})
    return ", ".join(kinds) if len(kinds) <= _KINDS_NAMED else f"{len(kinds)} kinds"
