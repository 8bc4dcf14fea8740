# tries: send mail
# stopped by: audit
# proof: network
# control: safe
import smtplib


def probe(place):
    smtplib.SMTP("127.0.0.1", place["tcp"], timeout=1)
