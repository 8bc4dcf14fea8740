# tries: write to the terminal of the user
# stopped by: audit
# proof: reported
import glob


def probe(place):
    got = []
    for path in ["/dev/tty", "/dev/console", "/dev/ptmx", *glob.glob("/dev/pts/*")]:
        try:
            open(path, "wb").close()
            got.append(path)
        except OSError:
            continue
    return f"ESCAPED: opened {got}" if got else "refused"
