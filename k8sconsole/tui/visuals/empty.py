"""What an empty table says: why it is empty, and what to press."""

from collections.abc import Sequence

from k8sconsole.model.cache_records import ScanState, ScanStatus, cached_freshness
from k8sconsole.model.refs import ClusterName
from k8sconsole.tui.browse.location import Location
from k8sconsole.tui.visuals.bars import bar
from k8sconsole.tui.visuals.glyphs import Glyphs


def explain_empty_table(
    place: Location, total: int, states: Sequence[ScanState], clusters: Sequence[ClusterName], glyphs: Glyphs, *, offline: bool = False
) -> str:
    """states: what is known of all scans of these clusters. offline: nothing will be read in this run."""
    plural = place.resource.plural
    own = [state for state in states if state.resource == place.resource.name and state.cluster in clusters]
    if total:
        return _filtered(place, plural)
    failed = next((state for state in own if state.error), None)
    if failed:
        return f"{plural} could not be read from {failed.cluster}: {failed.error} · ctrl-r tries again"
    unread = [reason for state in own for reason in cached_freshness(state, state.cluster, place.within).missing]
    if unread:
        return f"{plural}: {unread[0]}"
    if not clusters:
        return "no cluster is chosen · :ctx shows what can be reached"
    if not any(state.last_scan_at or state.confirmed_at for state in own):
        return _unread(states, clusters, glyphs, offline)
    where = " and ".join(place.within) or " and ".join(clusters)
    return f"{where} {'have' if ' and ' in where else 'has'} no {plural}" + (f" of {place.scope_label}" if place.scope_label else "")


def _filtered(place: Location, plural: str) -> str:
    if place.filter:
        return f"no {plural} match {place.filter} · esc clears the filter"
    if place.faults:
        return f"no {plural} are at fault · ctrl-z shows all"
    return f"{place.scope_label or 'this'} has no {plural}"


def _unread(states: Sequence[ScanState], clusters: Sequence[ClusterName], glyphs: Glyphs, offline: bool) -> str:
    if offline:
        return "not in the cache, and this console is offline · k8sconsole scan --once reads it"
    mine = [state for state in states if state.cluster in clusters]
    read = sum(state.status in (ScanStatus.COMPLETED, ScanStatus.FAILED) for state in mine)
    if not mine:
        return "not read yet · the first row shows the state of the cluster"
    if read == len(mine):
        return "not read yet · ctrl-r reads it now"
    return f"not read yet · reading, {read} of {len(mine)} kinds {bar(read / len(mine), 10, glyphs)}"
