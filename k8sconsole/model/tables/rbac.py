"""Tables of RoleBindings and ClusterRoleBindings."""

from k8sconsole.model.objects import Cell
from k8sconsole.model.tables.columns import AGE, NAME, names, text
from k8sconsole.model.tables.kind import KindTable, build_table, read_created_at, read_name
from k8sconsole.model.tables.shape_decoder import Shape
from k8sconsole.model.tables.shapes import Meta, join_or_none


class _RoleReference(Shape, frozen=True):
    kind: str = ""
    name: str = ""


class _Subject(Shape, frozen=True):
    kind: str = ""
    name: str = ""
    namespace: str = ""


class _Binding(Shape, frozen=True):
    metadata: Meta = Meta()
    role_ref: _RoleReference = _RoleReference()
    subjects: list[_Subject] = []


def _format_subjects(obj: _Binding, kind: str) -> Cell:
    chosen = [subject for subject in obj.subjects if subject.kind == kind]
    spaced = kind == "ServiceAccount"
    return join_or_none([f"{subject.namespace}/{subject.name}" if spaced else subject.name for subject in chosen], ", ")


def _format_role(obj: _Binding) -> Cell:
    return f"{obj.role_ref.kind}/{obj.role_ref.name}"


def _bindings(resource: str) -> KindTable:
    return build_table(
        resource,
        _Binding,
        (
            (NAME, read_name),
            (names("ROLE", wish=40), _format_role),
            (AGE, read_created_at),
            (text("USERS", wish=24, wide=True), lambda obj: _format_subjects(obj, "User")),
            (text("GROUPS", wish=24, wide=True), lambda obj: _format_subjects(obj, "Group")),
            (text("SERVICEACCOUNTS", wish=28, wide=True), lambda obj: _format_subjects(obj, "ServiceAccount")),
        ),
    )


TABLES: tuple[KindTable, ...] = (
    _bindings("rolebindings.rbac.authorization.k8s.io"),
    _bindings("clusterrolebindings.rbac.authorization.k8s.io"),
)
