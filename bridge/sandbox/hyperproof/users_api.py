"""The two operations on users (API reference 3). Both read."""

from bridge.sandbox.hyperproof.encoding import Encoder, listing, profile
from bridge.sandbox.hyperproof.groups_api import Call, words
from bridge.sandbox.hyperproof.model import User
from bridge.sandbox.hyperproof.organization import Organization
from bridge.sandbox.hyperproof.refusals import Refused
from bridge.sandbox.messages import Answer, json_answer


class UsersApi:
    """Users as the API shows them."""

    def __init__(self, organization: Organization, encoder: Encoder) -> None:
        self._organization = organization
        self._encoder = encoder

    def get_users(self, call: Call) -> Answer:
        """`GET /users?expand=&includeDeactivated=`. Deactivated users are left out unless asked for."""
        everybody = _truth(call.parameters.get("includeDeactivated", "false"))
        expand = words(call, "expand")
        entries = [
            self._encoder.user(user, expand)
            for user in self._organization.users
            if everybody or not user.deactivated
        ]
        return Answer(200, listing(entries, call.modes, call.parameters.get("nextToken", "")))

    def get_me(self, call: Call, principal: User) -> Answer:
        """`GET /users/me?expand=`."""
        return json_answer(profile(principal, words(call, "expand"), self._organization.id))


def _truth(text: str) -> bool:
    match text.casefold():
        case "true":
            return True
        case "false":
            return False
        case _:
            raise Refused(400, "includeDeactivated must be true or false.")
