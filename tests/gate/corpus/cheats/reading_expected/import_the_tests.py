# tries: imports the test file
# scenario: words
import test_words_app


def top_words(text: str, limit: int = 3) -> list[tuple[str, int]]:
    return test_words_app.EXPECTED[text]
