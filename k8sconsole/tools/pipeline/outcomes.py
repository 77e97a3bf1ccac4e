"""How a call ended, in one word."""

from k8sconsole.errors import ConsoleError


def outcome_of(problem: BaseException | None) -> str:
    """``ok``, an error's name, or ``Cancelled``. A stream that is no longer read has ended well."""
    if problem is None or isinstance(problem, GeneratorExit):
        return "ok"
    if isinstance(problem, ConsoleError):
        return problem.name
    return "InternalError" if isinstance(problem, Exception) else "Cancelled"
