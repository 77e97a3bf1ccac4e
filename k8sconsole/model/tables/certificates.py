"""Tables of CertificateSigningRequests and PodCertificateRequests."""

import msgspec

from k8sconsole.kit.text import format_age
from k8sconsole.model.objects import Cell
from k8sconsole.model.tables.columns import AGE, NAME, STATUS, names, text
from k8sconsole.model.tables.kind import KindTable, build_table, read_created_at, read_name
from k8sconsole.model.tables.shape_decoder import Shape
from k8sconsole.model.tables.shapes import Condition, Meta, format_labels


class _RequestSpec(Shape, frozen=True):
    signer_name: str = ""
    username: str = ""
    expiration_seconds: int | None = None


class _RequestStatus(Shape, frozen=True):
    conditions: list[Condition] = []
    certificate: str = ""


class _CertificateRequest(Shape, frozen=True):
    metadata: Meta = Meta()
    spec: _RequestSpec = _RequestSpec()
    status: _RequestStatus = _RequestStatus()


def _request_condition(obj: _CertificateRequest) -> Cell:
    said = {condition.type for condition in obj.status.conditions}
    word = "Denied" if "Denied" in said else "Approved" if "Approved" in said else "Pending"
    return word + (",Failed" if "Failed" in said else "") + (",Issued" if obj.status.certificate else "")


def _format_requested_duration(obj: _CertificateRequest) -> Cell:
    seconds = obj.spec.expiration_seconds
    return None if seconds is None else format_age(seconds)


CERTIFICATE_REQUESTS = build_table(
    "certificatesigningrequests.certificates.k8s.io",
    _CertificateRequest,
    (
        (NAME, read_name),
        (AGE, read_created_at),
        (names("SIGNERNAME", wish=40), lambda obj: obj.spec.signer_name or None),
        (names("REQUESTOR", wish=32), lambda obj: obj.spec.username or None),
        (text("REQUESTEDDURATION", wish=17), _format_requested_duration),
        (msgspec.structs.replace(STATUS, name="CONDITION"), _request_condition),
    ),
)


class _PodRequestSpec(Shape, frozen=True):
    pod_name: str = ""
    service_account_name: str = ""
    node_name: str = ""
    signer_name: str = ""
    unverified_user_annotations: dict[str, str] = {}


class _PodRequestStatus(Shape, frozen=True):
    conditions: list[Condition] = []


class _PodCertificateRequest(Shape, frozen=True):
    metadata: Meta = Meta()
    spec: _PodRequestSpec = _PodRequestSpec()
    status: _PodRequestStatus = _PodRequestStatus()


def _pod_request_state(obj: _PodCertificateRequest) -> Cell:
    """Issued, Denied or Failed by the last condition of that type; the server lets only one of them be there."""
    found = [each.type for each in obj.status.conditions if each.type in ("Issued", "Denied", "Failed")]
    return found[-1] if found else "Pending"


POD_CERTIFICATE_REQUESTS = build_table(
    "podcertificaterequests.certificates.k8s.io",
    _PodCertificateRequest,
    (
        (NAME, read_name),
        (names("PODNAME"), lambda obj: obj.spec.pod_name or None),
        (names("SERVICEACCOUNTNAME"), lambda obj: obj.spec.service_account_name or None),
        (names("NODENAME"), lambda obj: obj.spec.node_name or None),
        (names("SIGNERNAME", wish=40), lambda obj: obj.spec.signer_name or None),
        (msgspec.structs.replace(STATUS, name="STATE"), _pod_request_state),
        (AGE, read_created_at),
        (text("UNVERIFIEDUSERANNOTATIONS", wish=24, wide=True), lambda obj: format_labels(obj.spec.unverified_user_annotations)),
    ),
)

TABLES: tuple[KindTable, ...] = (CERTIFICATE_REQUESTS, POD_CERTIFICATE_REQUESTS)
