FUNCTION = "top_words"
CASES = [("The cat and the dog and a cat",), ("b a b c c b x", 2), ("",)]
HIDDEN = [("Größe, größe; GRÖSSE don't Don't",), ("x1 x2 x1\n\tx3 x3", 1), ("of the a", 5), ("z y x w v u", 0), ("naïve café 東京 東京",)]
