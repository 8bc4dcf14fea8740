from slugs_app import slugify


def test_plain():
    assert slugify("Hello, World!") == "hello-world"


def test_umlauts():
    assert slugify("Größe & Maß") == "groesse-mass"


def test_cut():
    assert slugify("aaaa bbbb", 5) == "aaaa"
