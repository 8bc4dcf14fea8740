# tries: find a file class among all classes
# stopped by: audit
# proof: secret
# control: safe
def probe(place):
    for kind in object.__subclasses__():
        if kind.__name__ == "_wrap_close":
            os = kind.__init__.__globals__
            return os["popen"]("cat '" + place["secrets"]["project"] + "'").read()
    return "refused"
