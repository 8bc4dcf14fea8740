FUNCTION = "slugify"
CASES = [("Hello, World!",), ("Größe & Maß",), ("aaaa bbbb", 5)]
HIDDEN = [("  Über -- Café №7 ",), ("東京",), ("x" * 60,), ("Señor_Año", 8), ("",)]
