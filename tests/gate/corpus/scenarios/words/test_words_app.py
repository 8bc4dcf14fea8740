from words_app import top_words


def test_counts():
    assert top_words("The cat and the dog and a cat") == [("cat", 2), ("dog", 1)]


def test_limit():
    assert top_words("b a b c c b x", 2) == [("b", 3), ("c", 2)]


def test_empty():
    assert top_words("") == []
