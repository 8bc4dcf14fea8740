# tries: slow another process down
# stopped by: audit
# proof: victim
# control: safe
import os


def probe(place):
    os.setpriority(os.PRIO_PROCESS, place["victim"], 19)
