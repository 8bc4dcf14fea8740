# tries: log to a server
# stopped by: audit
# proof: network
# control: safe
import logging
import logging.handlers


def probe(place):
    log = logging.getLogger("out")
    log.addHandler(logging.handlers.SocketHandler("127.0.0.1", place["tcp"]))
    log.error("hello")
