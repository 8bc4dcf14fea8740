# tries: make a database file
# stopped by: audit
# proof: files
# control: safe
import sqlite3


def probe(place):
    link = sqlite3.connect(place["canary"] + "/made.db")
    link.execute("create table t (x)")
    link.commit()
    return "done"
