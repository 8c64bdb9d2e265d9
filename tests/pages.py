"""What an HTML page would load, found by reading it as a browser does."""

import re
from html.parser import HTMLParser

LOADING = {"src", "srcset", "href", "poster", "data", "action", "background", "xlink:href"}


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.addresses, self.styles, self.policy, self.scripts = [], [], "", 0
        self.inside = ""

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.inside = tag
        self.scripts += tag == "script"
        self.addresses += [values[name] for name in LOADING & set(values) if values[name]]
        self.styles.append(values.get("style") or "")
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"]

    def handle_data(self, data):
        if self.inside == "style":
            self.styles.append(data)

    def handle_endtag(self, _tag):
        self.inside = ""


def read(page):
    reader = _Reader()
    reader.feed(page)
    return reader


def loads(page):
    """Addresses outside the page that it would load: links to its own parts do not count."""
    reader = read(page)
    css = re.findall(
        r"url\(\s*[\"']?([^)\"']+)|@import\s+[\"']?([^\"';]+)", "\n".join(reader.styles)
    )
    found = reader.addresses + [first or second for first, second in css]
    return [address for address in found if not address.startswith(("#", "data:"))]
