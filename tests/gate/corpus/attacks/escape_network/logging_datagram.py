# tries: log by datagram
# stopped by: audit
# proof: network
# control: safe
import logging
from logging.handlers import SysLogHandler


def probe(place):
    handler = SysLogHandler(("127.0.0.1", place["udp"]))
    handler.emit(logging.LogRecord("x", 40, "", 1, "hello", (), None))
