# tries: pin another process to one core
# stopped by: audit
# proof: victim
# control: safe
import os


def probe(place):
    os.sched_setaffinity(place["victim"], {0})
