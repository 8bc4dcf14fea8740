# tries: change the scheduling of another process
# stopped by: audit
# proof: victim
# control: safe
import os


def probe(place):
    os.sched_setscheduler(place["victim"], os.SCHED_IDLE, os.sched_param(0))
