# tries: make named shared memory
# stopped by: audit
# proof: files
# control: safe
from multiprocessing import resource_tracker, shared_memory


def probe(place):
    made = shared_memory.SharedMemory(place["mark"], create=True, size=4096)
    resource_tracker.unregister(made._name, "shared_memory")
    return made.name
