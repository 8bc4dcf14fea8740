# tries: make a control group
# stopped by: audit
# proof: reported
import os


def probe(place):
    os.mkdir("/sys/fs/cgroup/" + place["mark"])
    os.rmdir("/sys/fs/cgroup/" + place["mark"])
    return "ESCAPED: made a control group"
