"""Which profile a message is read with: that of its sender (MSH-3, MSH-4), in a feed of many.

Without a profile of the user's choice the shipped ones are asked which sender they are of; a profile that the user
names wins, and is joined by those it lists under ``also``, each for its own senders.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache

from parsers.events import Finding, Source
from parsers.profiles import GENERIC, Profile, load_profile, shipped_profiles

_SENDERS_KEPT = 500


class SenderProfiles:
    """The profiles of one run by sender."""

    __slots__ = ("_default", "_known", "_others", "named")

    def __init__(self, profile: Profile | None) -> None:
        self._default = profile if profile is not None else load_profile()
        self._others = shipped_with_senders() if profile is None else profiles_beside(profile)
        self._known: dict[tuple[str, str], Profile] = {}
        self.named: dict[str, None] = {}
        """Profiles chosen by sender so far."""

    def __bool__(self) -> bool:
        """Whether there is anything to choose from."""
        return bool(self._others)

    def of(self, application: str, facility: str) -> Profile:
        """The profile of a sender; the first that names it, the closer pattern first."""
        sender = (application, facility)
        known = self._known.get(sender)
        if known is None:
            known = self._choose(application.casefold(), facility.casefold())
            if len(self._known) < _SENDERS_KEPT:
                self._known[sender] = known
            if known is not self._default:
                self.named[known.name] = None
        return known

    def _choose(self, application: str, facility: str) -> Profile:
        fits = [
            (len(s.application.strip("*")) + len(s.facility.strip("*")), -number, profile)
            for number, profile in enumerate(self._others)
            for s in profile.senders
            if fnmatchcase(application, s.application.casefold()) and fnmatchcase(facility, s.facility.casefold())
        ]
        return max(fits, key=lambda fit: fit[:2])[2] if fits else self._default

    def findings(self, file: str) -> list[Finding]:
        """That messages were read with a profile nobody named, once for each such profile."""
        return [
            Finding(
                "info",
                "profile-by-sender",
                f"Messages whose sender (MSH-3, MSH-4) profile '{name}' names were read with it.",
                "Name another with --profile if it is not theirs.",
                Source(file),
            )
            for name in self.named
        ]


@lru_cache(maxsize=1)
def shipped_with_senders() -> tuple[Profile, ...]:
    """The shipped profiles that say whose they are."""
    profiles = (load_profile(name) for name in shipped_profiles() if name != GENERIC)
    return tuple(profile for profile in profiles if profile.senders)


def profiles_beside(profile: Profile) -> tuple[Profile, ...]:
    """The profiles a profile lists under ``also``; loading it has checked that each names its senders."""
    return tuple(load_profile(name) for name in profile.also)
