"""``python -m bench``: every number we claim, beside its peer, in one run."""

from bench import call, kernels

if __name__ == "__main__":
    kernels.main()
    print()
    call.main()
