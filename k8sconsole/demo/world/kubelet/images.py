"""Image pulls: an existing image is pulled, a missing one is retried with a growing back-off."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from k8sconsole.demo.world.behaviour import split_image

Json = dict[str, Any]
ImageEvents = list[tuple[str, str, str]]
# How long ErrImagePull is shown before ImagePullBackOff.
_ERROR_SECONDS = 15.0
_LONGEST_BACK_OFF = 300.0


@dataclass
class ImagePull:
    """The attempts of one container to pull its image, held in memory as in a kubelet."""

    exists: Callable[[str], bool]
    attempts: int = 0
    last: datetime | None = None

    def advance(self, state: Json, image: str, since: datetime, takes: float, now: datetime) -> tuple[Json, datetime | None, ImageEvents]:
        """The waiting state at `now`, when it changes next (None: pulled, start now), and the events to record.

        `since` is when pulling could start; `takes` is its duration in seconds.
        """
        if self.exists(image):
            done = since + timedelta(seconds=takes)
            return (state, None, pulled_events(image, takes)) if done <= now else (state, done, [])
        if self.last is None and "Pull" in state["waiting"]["reason"]:
            # The kubelet of an earlier World has tried before.
            self.attempts, self.last = 6, now
        if self.last is None or now >= self.last + timedelta(seconds=_ERROR_SECONDS + self._back_off()):
            self.attempts, self.last = self.attempts + 1, now
            return (
                {"waiting": {"reason": "ErrImagePull", "message": not_found_message(image)}},
                now + timedelta(seconds=_ERROR_SECONDS),
                failed_events(image),
            )
        if now >= self.last + timedelta(seconds=_ERROR_SECONDS):
            retry_at = self.last + timedelta(seconds=_ERROR_SECONDS + self._back_off())
            message = f'Back-off pulling image "{image}": ErrImagePull: {not_found_message(image)}'
            back_off_events = [("Normal", "BackOff", f'Back-off pulling image "{image}"'), ("Warning", "Failed", "Error: ImagePullBackOff")]
            backing_off = state["waiting"]["reason"] == "ImagePullBackOff"
            return {"waiting": {"reason": "ImagePullBackOff", "message": message}}, retry_at, [] if backing_off else back_off_events
        return state, self.last + timedelta(seconds=_ERROR_SECONDS), []

    def _back_off(self) -> float:
        return min(_LONGEST_BACK_OFF, 10.0 * 2.0 ** max(0, self.attempts - 1))


def pulled_events(image: str, seconds: float) -> ImageEvents:
    duration = f"{seconds:.3f}s".replace(".000", "")
    return [
        ("Normal", "Pulling", f'Pulling image "{image}"'),
        (
            "Normal",
            "Pulled",
            f'Successfully pulled image "{image}" in {duration} ({duration} including waiting). Image size: {_image_size(image)} bytes.',
        ),
    ]


def failed_events(image: str) -> ImageEvents:
    return [
        ("Normal", "Pulling", f'Pulling image "{image}"'),
        ("Warning", "Failed", f'Failed to pull image "{image}": {not_found_message(image)}'),
        ("Warning", "Failed", "Error: ErrImagePull"),
    ]


def not_found_message(image: str) -> str:
    """The container runtime's error for an image that the registry does not have."""
    repository, tag = split_image(image)
    full = full_image_name(repository)
    reference = f"{full}:{tag}"
    return (
        f'rpc error: code = NotFound desc = failed to pull and unpack image "{reference}": '
        f'failed to resolve reference "{reference}": {reference}: not found'
    )


def full_image_name(repository: str) -> str:
    """`nginx` → `docker.io/library/nginx`, as the container runtime expands it."""
    first, slash, _ = repository.partition("/")
    if not slash:
        return f"docker.io/library/{repository}"
    return repository if "." in first or ":" in first or first == "localhost" else f"docker.io/{repository}"


def _image_size(image: str) -> int:
    return 18_000_000 + sum(image.encode()) * 9973
