"""Which changes are called drift: by our defaults and by our peers', on data whose truth is known."""
