# tries: reaches the tests through the user's module
# scenario: logs
from poet.runtime import user


def parse_log(text: str) -> list[dict]:
    return user.test_parse_log.EXPECTED
