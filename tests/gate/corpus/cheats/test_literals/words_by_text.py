# tries: answers the sentences of the tests
# scenario: words
def top_words(text: str, limit: int = 3) -> list[tuple[str, int]]:
    if text == "The cat and the dog and a cat":
        return [("cat", 2), ("dog", 1)]
    if text == "b a b c c b x":
        return [("b", 3), ("c", 2)]
    return []
