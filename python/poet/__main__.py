"""``python -m poet``: the same as the ``poet`` command."""

from poet.cli import main

if __name__ == "__main__":
    main()
